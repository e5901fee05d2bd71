DELETE FROM generic_key WHERE hash = ANY ($1::bytea[])
