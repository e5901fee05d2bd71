INSERT INTO inbox (event)
SELECT unnest($1::bytea[])
ON CONFLICT DO NOTHING
RETURNING event
