-- Other requests about whom this one forgets. Forgets under way keep their own set until they are closed.
SELECT s.request
  FROM request_set AS s
  JOIN request AS r ON r.id = s.request
 WHERE s.request <> $1::uuid
   AND r.kind NOT IN ('forget', 'expiry')
   AND (s.persons && $2::uuid[] OR s.records && $3::uuid[] OR s.key_hashes && $4::bytea[])
