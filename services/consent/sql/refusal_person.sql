SELECT k.person FROM person_key k WHERE k.hash = ANY ($1::bytea[])
UNION SELECT r.person FROM person_record r WHERE r.record = $2::uuid
ORDER BY 1
LIMIT 1
