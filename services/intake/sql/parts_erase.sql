DELETE FROM part WHERE part_id = ANY ($1::uuid[]) OR activity_id = ANY ($2::uuid[])
