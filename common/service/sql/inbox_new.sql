INSERT INTO inbox (day, event)
SELECT (e.at AT TIME ZONE 'UTC')::date, e.event FROM unnest($1::timestamptz[], $2::bytea[]) AS e (at, event)
ON CONFLICT DO NOTHING
RETURNING event
