SELECT keyring.retire_v1($1::int4)
