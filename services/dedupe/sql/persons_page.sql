SELECT person, rev, restricted, into_person, ended_at FROM person WHERE person > coalesce($1::uuid, '00000000-0000-0000-0000-000000000000') ORDER BY person LIMIT $2::int4
