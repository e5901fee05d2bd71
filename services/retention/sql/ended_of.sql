SELECT id FROM ended WHERE id = ANY ($1::uuid[])
