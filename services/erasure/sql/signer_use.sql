INSERT INTO signer (key, first_used, last_used) VALUES ($1::bytea, $2::timestamptz, $2::timestamptz)
ON CONFLICT (key) DO UPDATE SET last_used = excluded.last_used
 WHERE signer.last_used < excluded.last_used - interval '1 minute'
