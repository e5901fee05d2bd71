INSERT INTO operator (id, name, role, token_hash, created_at)
VALUES ($1::uuid, 'first operator', 'admin', $2::bytea, now())
ON CONFLICT DO NOTHING
