INSERT INTO answer (request, backup, outcome, at, why) VALUES ($1::uuid, $2::uuid, $3::text, $4::timestamptz, $5::text)
ON CONFLICT DO NOTHING
RETURNING backup
