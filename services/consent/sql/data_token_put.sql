INSERT INTO data_token (hash, email_key, wide_key, shared, vault, content, language, created_at, expires_at)
VALUES ($1::bytea, $2::bytea, $3::bytea, $4::bool, $5::uuid, $6::uuid, $7::text, $8::timestamptz, $9::timestamptz)
