SELECT n, kek_epoch, wrapped FROM keyring.find_v1($1::uuid[])
