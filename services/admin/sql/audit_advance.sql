UPDATE audit_head SET seq = $1::int8, hash = $2::bytea
