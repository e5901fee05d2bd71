SELECT 1 FROM keyring.kek LIMIT 1
