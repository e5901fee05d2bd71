SELECT u.n::int4, a.activity_id, a.content_id, a.version_kind::int4, a.version_value, a.rev, a.partial
  FROM unnest($1::bytea[]) WITH ORDINALITY AS u(source_key, n)
  JOIN activity AS a ON a.source_key = u.source_key
