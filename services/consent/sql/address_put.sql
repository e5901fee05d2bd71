INSERT INTO address (id, email_key, wide_key, vault, created_at)
VALUES ($1::uuid, $2::bytea, $3::bytea, $4::uuid, $5::timestamptz)
    ON CONFLICT (email_key) DO UPDATE
   SET wide_key = coalesce(excluded.wide_key, address.wide_key), vault = coalesce(excluded.vault, address.vault)
RETURNING id, xmax = 0
