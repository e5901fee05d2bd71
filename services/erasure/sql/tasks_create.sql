-- One task for each service and for each present and past holder (all, or those that a condition names).
INSERT INTO task (id, request, name, kind, holder, verb, status)
SELECT gen_random_uuid(), $1::uuid, s.name, 'service', NULL, $3::text, 'waiting'
  FROM unnest($2::text[]) AS s(name)
UNION ALL
SELECT gen_random_uuid(), $1::uuid, h.name, h.kind, h.id, $3::text, 'waiting'
  FROM holder AS h
 WHERE ($4::text[] IS NULL OR h.system = ANY ($4::text[]))
   AND ($5::text IS NULL OR ($5::text = ANY (h.identifiers) AND h.state = 'active'))
ON CONFLICT (request, name) DO NOTHING
