SELECT activity_id FROM activity WHERE activity_id > coalesce($1::uuid, '00000000-0000-0000-0000-000000000000')
 ORDER BY activity_id LIMIT $2::int4
