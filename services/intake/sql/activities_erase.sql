DELETE FROM activity WHERE activity_id = ANY ($1::uuid[])
