INSERT INTO certificate (request, body, signature, signer, subject, created_at)
VALUES ($1::uuid, $2::text, $3::bytea, $4::bytea, $5::text, $6::timestamptz)
ON CONFLICT (request) DO UPDATE
   SET body = excluded.body, signature = excluded.signature, signer = excluded.signer, subject = excluded.subject,
       created_at = excluded.created_at
