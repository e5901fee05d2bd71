SELECT 1 FROM request WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE
