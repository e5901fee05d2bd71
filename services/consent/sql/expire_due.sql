SELECT t.hash
  FROM confirm_token t
  JOIN address a ON a.id = t.address
 WHERE t.expires_at <= $1::timestamptz
 ORDER BY t.expires_at
 LIMIT $2::int4
   FOR UPDATE OF a SKIP LOCKED
