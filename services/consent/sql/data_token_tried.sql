UPDATE data_token SET tries = tries + 1, person = coalesce($2::uuid, person) WHERE hash = $1::bytea
