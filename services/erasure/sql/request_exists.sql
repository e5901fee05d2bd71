SELECT 1 FROM request WHERE id = $1::uuid
