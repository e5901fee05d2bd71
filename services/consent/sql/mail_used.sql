UPDATE state s SET last_used_at = greatest(s.last_used_at, $4::timestamptz)
  FROM address a
 WHERE a.email_key = $1::bytea AND s.address = a.id AND s.channel = $2::text AND s.purpose = $3::text
