DELETE FROM record WHERE record = ANY ($1::uuid[])
