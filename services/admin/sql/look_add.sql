INSERT INTO look (seq, subject, at) SELECT $1::int8, s.id, $3::timestamptz FROM unnest($2::uuid[]) AS s(id)
ON CONFLICT DO NOTHING
