SELECT epoch, dark_by, late FROM keyring.dark_by_v1($1::timestamptz)
