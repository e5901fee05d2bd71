INSERT INTO forgetting (request, keys, records, persons) VALUES ($1::uuid, $2::bytea, $3::uuid[], $4::uuid[])
ON CONFLICT DO NOTHING
