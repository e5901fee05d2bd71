SELECT keyring.destroy_v1($1::uuid[])
