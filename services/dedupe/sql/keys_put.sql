INSERT INTO match_key (hash, record, kind)
SELECT * FROM unnest($1::bytea[], $2::uuid[], $3::int4[])
ON CONFLICT DO NOTHING
