SELECT id FROM address WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE
