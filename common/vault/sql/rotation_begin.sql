SELECT keyring.rotate_v1($1::int4, $2::int4, $3::bytea, $4::timestamptz, $5::timestamptz, $6::bool)
