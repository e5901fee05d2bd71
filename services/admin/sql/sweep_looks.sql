DELETE FROM look WHERE at < now() - interval '1 year'
