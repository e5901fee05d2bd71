SELECT id FROM quarantine WHERE requeue ORDER BY id LIMIT 100
