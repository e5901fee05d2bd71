SELECT id, event_type, pointer, rule, system, request, at, expires_at FROM quarantine WHERE id = $1::uuid
