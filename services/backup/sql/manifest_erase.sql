DELETE FROM manifest WHERE key = ANY ($1::bytea[])
