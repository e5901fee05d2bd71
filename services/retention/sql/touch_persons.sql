-- The records of these persons, as they are known before a change.
WITH locked AS (SELECT r.record FROM record AS r
                 WHERE r.record = ANY (ARRAY(SELECT m.record FROM member AS m WHERE m.person = ANY ($1::uuid[])))
                   AND (r.by_last_use OR r.computed = 0) ORDER BY r.record FOR UPDATE)
UPDATE record AS r SET computed = 0 WHERE r.record = ANY (ARRAY(SELECT record FROM locked))
