SELECT record FROM record WHERE record > coalesce($1::uuid, '00000000-0000-0000-0000-000000000000') AND record <= $2::uuid
 ORDER BY record LIMIT $3::int4
