SELECT activity_id FROM activity WHERE $1::uuid IS NULL OR activity_id > $1::uuid ORDER BY activity_id LIMIT $2::int4
