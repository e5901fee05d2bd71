DELETE FROM request WHERE status IN ('completed', 'cancelled') AND coalesce(completed_at, received_at) < now() - interval '3 years'
