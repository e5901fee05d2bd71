SELECT keyring.acknowledge_v1($1::int4, $2::text, $3::text)
