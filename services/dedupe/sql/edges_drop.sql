DELETE FROM edge WHERE a = ANY ($1::uuid[]) OR b = ANY ($1::uuid[])
