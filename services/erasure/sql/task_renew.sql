WITH numbered AS (
    UPDATE holder SET seq = seq + 1 WHERE id = (SELECT holder FROM task WHERE id = $1::uuid) RETURNING seq)
UPDATE task
   SET id = gen_random_uuid(), seq = (SELECT seq FROM numbered), outcome = NULL, sent_at = NULL, attempts = 0,
       next_attempt_at = $2::timestamptz
 WHERE id = $1::uuid AND status = 'running'
   AND (outcome IS DISTINCT FROM 'reversible' OR next_attempt_at <= $2::timestamptz)
