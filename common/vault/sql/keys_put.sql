SELECT keyring.put_v1($1::int4, $2::uuid[], $3::bytea[], $4::text)
