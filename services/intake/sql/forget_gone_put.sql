INSERT INTO forget_gone (request, id) SELECT $1::uuid, u.id FROM unnest($2::uuid[]) AS u(id) ON CONFLICT DO NOTHING
