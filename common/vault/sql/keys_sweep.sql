SELECT keyring.sweep_v1($1::timestamptz, $2::uuid[])
