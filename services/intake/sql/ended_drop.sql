DELETE FROM ended WHERE source_key = ANY ($1::bytea[])
