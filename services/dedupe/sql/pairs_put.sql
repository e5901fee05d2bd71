INSERT INTO pair (a, b, apart, by, reason)
SELECT a, b, apart, $4::uuid, $5::text
  FROM unnest($1::uuid[], $2::uuid[], $3::bool[]) AS p(a, b, apart) ORDER BY a, b
ON CONFLICT (a, b) DO UPDATE
   SET apart = excluded.apart, by = excluded.by, reason = excluded.reason, at = clock_timestamp()
