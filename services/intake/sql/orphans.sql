SELECT id FROM vault.missing_v1($1::uuid[])
