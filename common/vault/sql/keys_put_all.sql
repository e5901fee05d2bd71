SELECT keyring.put_all_v1($1::int4, $2::uuid[], $3::bytea[], $4::text)
