DELETE FROM doomed WHERE vault = ANY ($1::uuid[])
