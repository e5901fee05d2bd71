SELECT id, purpose, records, created_at, created_by FROM campaign ORDER BY id DESC LIMIT 1000
