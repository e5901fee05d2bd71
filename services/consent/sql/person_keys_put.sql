WITH gone AS (
    DELETE FROM person_key WHERE person = $1::uuid AND hash <> ALL ($2::bytea[]))
INSERT INTO person_key (person, hash)
SELECT DISTINCT $1::uuid, t.hash FROM unnest($2::bytea[]) AS t(hash)
    ON CONFLICT DO NOTHING
