INSERT INTO source (name) VALUES ($1::text)
ON CONFLICT (name) DO UPDATE SET name = excluded.name
RETURNING frozen_at IS NOT NULL
