SELECT id FROM quarantine WHERE expires_at < now() ORDER BY expires_at LIMIT 500
