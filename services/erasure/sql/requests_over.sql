SELECT id FROM request WHERE id = ANY ($1::uuid[]) AND status = 'completed'
