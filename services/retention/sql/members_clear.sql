WITH keys AS (DELETE FROM person_key WHERE person = ANY ($1::uuid[]))
DELETE FROM member WHERE person = ANY ($1::uuid[])
