DELETE FROM part WHERE part_id = ANY ($1::uuid[])
