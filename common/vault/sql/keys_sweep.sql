SELECT keyring.sweep_v1($1::text, $2::timestamptz, $3::uuid[])
