INSERT INTO attempt (mail, n, began_at) VALUES ($1::uuid, $2::int4, $3::timestamptz)
