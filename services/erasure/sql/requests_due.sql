SELECT id FROM request
 WHERE next_at <= $1::timestamptz
 ORDER BY next_at
 LIMIT $2::int4
   FOR NO KEY UPDATE SKIP LOCKED
