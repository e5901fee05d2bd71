-- $5: the person's own keys, empty for an expiry; $6: parts of the records go, too (a forget, no expiry).
WITH doomed AS (SELECT part FROM part WHERE part = ANY ($4::uuid[]) OR activity = ANY ($3::uuid[])
                UNION SELECT part FROM part WHERE $6::bool AND record = ANY ($2::uuid[])
                UNION SELECT part FROM part_key WHERE hash = ANY ($5::bytea[])),
     part_keys AS (DELETE FROM part_key WHERE part = ANY (ARRAY(SELECT part FROM doomed)) RETURNING 1),
     parts AS (DELETE FROM part WHERE part = ANY (ARRAY(SELECT part FROM doomed)) RETURNING 1),
     activities AS (DELETE FROM activity WHERE activity = ANY ($3::uuid[]) RETURNING 1),
     records AS (DELETE FROM record WHERE record = ANY ($2::uuid[]) RETURNING 1),
     members AS (DELETE FROM member WHERE record = ANY ($2::uuid[]) OR person = ANY ($1::uuid[]) RETURNING 1),
     person_keys AS (DELETE FROM person_key WHERE person = ANY ($1::uuid[]) RETURNING 1),
     persons AS (DELETE FROM person WHERE person = ANY ($1::uuid[]) RETURNING 1),
     notes AS (DELETE FROM ended WHERE $6::bool AND (id = ANY ($2::uuid[]) OR id = ANY ($3::uuid[])) RETURNING 1)
SELECT (SELECT count(*) FROM part_keys) + (SELECT count(*) FROM parts) + (SELECT count(*) FROM activities)
     + (SELECT count(*) FROM records) + (SELECT count(*) FROM members) + (SELECT count(*) FROM person_keys)
     + (SELECT count(*) FROM persons) + (SELECT count(*) FROM notes)
