-- What records_drop leaves: persons (those merged into them, too), groups of their source ids, notes of ended records.
WITH persons AS (DELETE FROM person WHERE person = ANY ($1::uuid[]) OR into_person = ANY ($1::uuid[]) RETURNING 1),
     groups AS (DELETE FROM source_group AS g WHERE g.source = ANY ($2::bytea[])
                   AND NOT EXISTS (SELECT FROM match_key AS m WHERE m.hash = g.source) RETURNING 1),
     ended AS (DELETE FROM ended_record WHERE record = ANY ($4::uuid[]) RETURNING 1),
     asked AS (DELETE FROM forgetting WHERE request = $3::uuid RETURNING 1),
     freed AS (DELETE FROM restriction WHERE request = $3::uuid RETURNING 1)
SELECT (SELECT count(*) FROM persons) + (SELECT count(*) FROM groups) + (SELECT count(*) FROM ended)
     + (SELECT count(*) FROM asked)
