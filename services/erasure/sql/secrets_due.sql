SELECT id FROM secret WHERE until <= $1::timestamptz ORDER BY until LIMIT $2::int4 FOR UPDATE SKIP LOCKED
