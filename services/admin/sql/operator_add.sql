INSERT INTO operator (id, name, role, token_hash, created_at, created_by, expires_at)
VALUES ($1::uuid, $2::text, $3::text, $4::bytea, $5::timestamptz, $6::uuid, $7::timestamptz)
