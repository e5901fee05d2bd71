DELETE FROM address WHERE id = ANY ($1::uuid[])
