-- The holder whose system still sends what it said was done, sent after it had said so: asked again, as a new instruction,
-- while its identifiers are known; else a human. What two persons said for it is void, too.
WITH false_answer AS MATERIALIZED (
    SELECT t.id, h.id AS holder
      FROM task AS t JOIN holder AS h ON h.id = t.holder
     WHERE t.request = $1::uuid AND h.system = $2::text AND t.status = 'closed' AND t.outcome IN ('done', 'not-held')
       AND t.answered_at < $5::timestamptz
     ORDER BY h.id FOR NO KEY UPDATE OF h),
numbered AS (
    UPDATE holder AS h SET seq = h.seq + 1 FROM false_answer AS f WHERE h.id = f.holder RETURNING h.id, h.seq)
UPDATE task AS t
   SET id = gen_random_uuid(), seq = n.seq, contradicted_at = $3::timestamptz, reopened = t.reopened + 1, outcome = NULL,
       manual_outcome = NULL, manual_rule = NULL, manual_until = NULL, manual_by = NULL, confirmed_by = NULL,
       evidence = NULL, attempts = 0,
       status = CASE WHEN $4::bool AND t.kind IN ('kafka', 'webhook') THEN 'running' ELSE 'human' END,
       next_attempt_at = CASE WHEN $4::bool AND t.kind IN ('kafka', 'webhook') THEN $3::timestamptz END
  FROM false_answer AS f JOIN numbered AS n ON n.id = f.holder
 WHERE t.id = f.id
RETURNING t.name
