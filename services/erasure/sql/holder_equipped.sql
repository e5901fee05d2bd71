UPDATE task AS t
   SET status = 'running', next_attempt_at = $2::timestamptz, attempts = 0
  FROM request AS r, holder AS h
 WHERE t.holder = $1::uuid AND r.id = t.request AND h.id = t.holder AND t.status = 'human' AND t.outcome IS NULL
   AND t.manual_outcome IS NULL AND r.status = 'running' AND r.identifiers IS NOT NULL
   AND CASE t.kind WHEN 'kafka' THEN h.sealing_key IS NOT NULL AND h.topic IS NOT NULL
                   WHEN 'webhook' THEN h.url IS NOT NULL ELSE false END
