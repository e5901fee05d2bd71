INSERT INTO certificate (request, body, signature, signer, created_at)
VALUES ($1::uuid, $2::text, $3::bytea, $4::bytea, $5::timestamptz)
ON CONFLICT (request) DO UPDATE
   SET body = excluded.body, signature = excluded.signature, signer = excluded.signer, created_at = excluded.created_at
