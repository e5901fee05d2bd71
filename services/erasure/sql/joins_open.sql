SELECT j.id, h.name, j.at, j.escalation::int4
  FROM late_join AS j JOIN holder AS h ON h.id = j.holder
 WHERE j.acked_at IS NULL AND j.covered > 0
 ORDER BY j.at
 LIMIT 10000
