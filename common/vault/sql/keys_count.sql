SELECT keyring.count_v1($1::uuid[])
