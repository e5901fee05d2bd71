-- The records of these persons, as they are known before a change.
WITH locked AS (SELECT r.record FROM record AS r JOIN member AS m ON m.record = r.record
                 WHERE m.person = ANY ($1::uuid[]) AND (r.by_last_use OR r.computed = 0) ORDER BY r.record FOR UPDATE OF r)
UPDATE record AS r SET computed = 0 FROM locked WHERE r.record = locked.record
