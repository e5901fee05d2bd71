INSERT INTO address (id, email_key, wide_key, created_at, whose, country)
VALUES ($1::uuid, $2::bytea, $3::bytea, $4::timestamptz, $5::int4, $6::text)
    ON CONFLICT (email_key) DO UPDATE
   SET wide_key = coalesce(excluded.wide_key, address.wide_key), whose = least(excluded.whose, address.whose),
       country = coalesce(excluded.country, address.country)
RETURNING id, xmax = 0
