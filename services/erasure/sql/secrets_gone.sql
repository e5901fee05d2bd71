DELETE FROM doomed_key WHERE id = ANY ($1::uuid[])
