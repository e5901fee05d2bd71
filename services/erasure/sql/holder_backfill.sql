-- A holder that is registered while forgets are under way gets a task in each.
INSERT INTO task (id, request, name, kind, holder, verb, status)
SELECT gen_random_uuid(), r.id, h.name, h.kind, h.id, 'forget', 'waiting'
  FROM request AS r, holder AS h
 WHERE h.id = $1::uuid AND r.kind = 'forget' AND r.status NOT IN ('completed', 'cancelled')
ON CONFLICT (request, name) DO NOTHING
RETURNING request
