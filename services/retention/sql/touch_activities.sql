-- Activities have come, changed or gone: the last use of whoever took part, in every record of theirs, is looked at
-- again. In one order, so that two processes don't lock one another out.
WITH parts AS (SELECT part, record FROM part WHERE activity = ANY ($1::uuid[])),
     persons AS (SELECT m.person FROM parts JOIN member AS m ON m.record = parts.record
                 UNION SELECT k.person FROM parts JOIN part_key USING (part) JOIN person_key AS k USING (hash)),
     records AS (SELECT record FROM member JOIN persons USING (person)
                 UNION SELECT record FROM parts WHERE record IS NOT NULL),
     locked AS (SELECT r.record FROM record AS r WHERE r.record IN (SELECT record FROM records) AND (r.by_last_use OR r.computed = 0)
                 ORDER BY r.record FOR UPDATE)
UPDATE record AS r SET computed = 0 FROM locked WHERE r.record = locked.record
