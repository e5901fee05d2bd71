SELECT count(*) FROM manifest WHERE key = ANY ($1::bytea[])
