-- Other open requests about whom this one forgets. Forgets under way keep their own set until they are closed.
SELECT r.id
  FROM request AS r
  JOIN request_set AS s ON s.request = r.id
 WHERE r.status NOT IN ('completed', 'cancelled')
   AND r.kind NOT IN ('forget', 'expiry', 'consent')
   AND r.id <> $1::uuid
   AND (s.persons && $2::uuid[] OR s.records && $3::uuid[] OR s.key_hashes && $4::bytea[])
