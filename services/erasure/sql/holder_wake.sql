-- It answers again: what waited for it need not wait longer.
UPDATE task
   SET next_attempt_at = $2::timestamptz
 WHERE id = ANY (ARRAY(SELECT id FROM task
                        WHERE holder = $1::uuid AND status = 'running' AND sent_at IS NULL
                          AND outcome IS DISTINCT FROM 'reversible'
                          AND next_attempt_at > $2::timestamptz
                          FOR UPDATE SKIP LOCKED))
