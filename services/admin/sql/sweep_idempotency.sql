DELETE FROM idempotency WHERE at < now() - interval '1 day'
