INSERT INTO source_hour (source, hour, n) VALUES ($1::text, date_trunc('hour', $2::timestamptz, 'UTC'), 1)
ON CONFLICT (source, hour) DO UPDATE SET n = source_hour.n + 1
RETURNING n
