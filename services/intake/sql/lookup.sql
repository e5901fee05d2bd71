SELECT 0 AS what, f.n, f.record_id, f.version_kind::int4 AS version_kind, f.version_value, f.full_value, f.rev,
       f.restricted, f.created_at, f.sealed
  FROM vault.records_find_v1($1::bytea[], $2::boolean[]) AS f
UNION ALL
SELECT 1, u.n::int4, NULL, e.version_kind, e.version_value, NULL, e.reason, NULL, NULL, NULL
  FROM unnest($1::bytea[]) WITH ORDINALITY AS u(source_key, n)
  JOIN ended AS e ON e.source_key = u.source_key
UNION ALL
SELECT 2, u.n::int4, r.request, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM unnest($1::bytea[]) WITH ORDINALITY AS u(source_key, n)
  JOIN restriction AS r ON r.source_key = u.source_key
UNION ALL
SELECT 3, 0, NULL, NULL, i.value << 40, NULL, NULL, NULL, NULL, NULL FROM incarnation AS i
