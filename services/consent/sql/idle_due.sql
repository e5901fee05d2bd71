SELECT id FROM address WHERE idle_at <= $1::timestamptz ORDER BY idle_at LIMIT $2::int4 FOR UPDATE SKIP LOCKED
