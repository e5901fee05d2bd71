DELETE FROM secret WHERE id = ANY ($1::uuid[])
