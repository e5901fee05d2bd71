WITH gone AS (
    DELETE FROM person_record WHERE person = $1::uuid AND record <> ALL ($2::uuid[]))
INSERT INTO person_record (person, record)
SELECT DISTINCT $1::uuid, t.record FROM unnest($2::uuid[]) AS t(record)
    ON CONFLICT DO NOTHING
