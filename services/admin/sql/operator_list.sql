SELECT id, name, role, created_at, created_by, expires_at, revoked_at
  FROM operator WHERE ($1::uuid IS NULL OR id = $1::uuid) ORDER BY created_at, id LIMIT 1000
