SELECT keyring.rewrap_put_v1($1::int4, $2::int4, $3::uuid[], $4::bytea[], $5::uuid, $6::int8)
