SELECT id FROM request WHERE id = ANY ($1::uuid[]) AND status = 'running' ORDER BY id
