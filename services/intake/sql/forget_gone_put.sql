INSERT INTO forget_gone (request, id, kind)
SELECT $1::uuid, u.id, u.kind FROM unnest($2::uuid[], $3::int4[]) AS u(id, kind) ON CONFLICT DO NOTHING
