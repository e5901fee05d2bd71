DELETE FROM confirm_token WHERE hash = ANY ($1::bytea[])
