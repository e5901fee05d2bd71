UPDATE idempotency SET status = $2::int4, answer = $3::text WHERE key = $1::bytea
