SELECT id, request FROM task
 WHERE status = 'running' AND outcome = 'reversible' AND next_attempt_at <= $1::timestamptz
 ORDER BY next_attempt_at LIMIT 1
