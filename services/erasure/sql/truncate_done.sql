UPDATE holder SET truncated_to = $2::int8 WHERE id = $1::uuid
