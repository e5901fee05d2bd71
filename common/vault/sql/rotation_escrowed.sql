SELECT keyring.escrowed_v1($1::int4)
