SELECT keyring.want_v1($1::bool, $2::bool)
