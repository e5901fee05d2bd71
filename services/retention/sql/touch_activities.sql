-- Activities have come, changed or gone: the last use of whoever took part, in every record of theirs, is looked at
-- again. In one order, so that two processes don't lock one another out.
WITH parts AS (SELECT part, record FROM part WHERE activity = ANY ($1::uuid[])),
     persons AS (SELECT person FROM member WHERE record = ANY (ARRAY(SELECT record FROM parts))
                 UNION SELECT person FROM person_key
                        WHERE hash = ANY (ARRAY(SELECT hash FROM part_key
                                                 WHERE part = ANY (ARRAY(SELECT part FROM parts))))),
     records AS (SELECT record FROM member WHERE person = ANY (ARRAY(SELECT person FROM persons))
                 UNION SELECT record FROM parts WHERE record IS NOT NULL),
     locked AS (SELECT record FROM record
                 WHERE record = ANY (ARRAY(SELECT record FROM records)) AND (by_last_use OR computed = 0)
                 ORDER BY record FOR UPDATE)
UPDATE record SET computed = 0 WHERE record = ANY (ARRAY(SELECT record FROM locked))
