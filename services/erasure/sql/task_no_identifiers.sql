-- Ordered after the identifiers were destroyed or never known: a human asks that holder.
UPDATE task SET status = 'human', next_attempt_at = NULL
 WHERE id = ANY ($1::uuid[]) AND status = 'running'
