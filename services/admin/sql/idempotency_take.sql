-- The row is new, or an earlier one with the same key stands.
INSERT INTO idempotency AS i (key, body, request, at) VALUES ($1::bytea, $2::bytea, $3::uuid, $4::timestamptz)
ON CONFLICT (key) DO UPDATE SET at = i.at
RETURNING body, request, status, answer
