SELECT record, rev, person, component, created_at, system, language, country, role_email, root, keys
  FROM record WHERE person = ANY ($1::uuid[]) ORDER BY record
