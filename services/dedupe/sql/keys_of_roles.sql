SELECT DISTINCT role_email FROM record WHERE role_email = ANY ($1::bytea[])
