INSERT INTO address (id, email_key, wide_key, created_at)
VALUES ($1::uuid, $2::bytea, $3::bytea, $4::timestamptz)
    ON CONFLICT (email_key) DO UPDATE
   SET wide_key = coalesce(excluded.wide_key, address.wide_key)
RETURNING id, xmax = 0
