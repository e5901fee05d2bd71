SELECT max(id::text)::uuid, count(*) FROM (SELECT id FROM address WHERE id > $1::uuid ORDER BY id LIMIT $2::int4) p
