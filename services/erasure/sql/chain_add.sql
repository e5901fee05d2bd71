INSERT INTO certificate_chain (seq, hash, created_at) VALUES ($1::int8, $2::bytea, $3::timestamptz)
