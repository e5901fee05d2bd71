DELETE FROM block_key WHERE record = ANY ($1::uuid[])
