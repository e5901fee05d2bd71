-- The holder whose system still sends what it said was done: asked again while its identifiers are known, else a human.
UPDATE task AS t
   SET contradicted_at = $3::timestamptz, reopened = t.reopened + 1, outcome = NULL, manual_outcome = NULL,
       manual_by = NULL, attempts = 0,
       status = CASE WHEN $4::bool AND t.kind IN ('kafka', 'webhook') THEN 'running' ELSE 'human' END,
       next_attempt_at = CASE WHEN $4::bool AND t.kind IN ('kafka', 'webhook') THEN $3::timestamptz END
  FROM holder AS h
 WHERE t.request = $1::uuid AND h.id = t.holder AND h.system = $2::text AND t.status = 'closed'
   AND t.outcome IN ('done', 'not-held') AND t.answered_at < $3::timestamptz
RETURNING t.name
