SELECT count(*) FROM look WHERE subject = ANY ($1::uuid[])
