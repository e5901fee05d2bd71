INSERT INTO secret (id, owner, what, until) VALUES ($1::uuid, $2::uuid, $3::text, $4::timestamptz)
ON CONFLICT (id) DO UPDATE SET until = excluded.until
