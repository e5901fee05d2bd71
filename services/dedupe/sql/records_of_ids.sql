SELECT record, rev, person, component, created_at, system, language, country, role_email, root, keys
  FROM record WHERE record = ANY ($1::uuid[])
