UPDATE address AS a SET bounced_at = greatest(bounced_at, $2::timestamptz)
 WHERE a.email_key = $1::bytea
   AND NOT EXISTS (SELECT FROM state s WHERE s.address = a.id AND s.state = 1 AND s.at >= $2::timestamptz)
