SELECT a.email_key, a.id, s.channel, s.purpose
  FROM state s JOIN address a ON a.id = s.address
 WHERE s.state = 2 AND s.source = $7::text AND s.purpose = $1::text
   AND s.recorded_at <= $2::timestamptz - make_interval(months => $3::int4, days => $4::int4) + interval '4 days'
   AND s.recorded_at + make_interval(months => $3::int4, days => $4::int4) + $5::int8 * interval '1 microsecond'
       <= $2::timestamptz
 ORDER BY s.recorded_at
 LIMIT $6::int4
