SELECT name, kind, outcome, rule, until, answered_at, rows_gone, evidence, reopened,
       CASE WHEN confirmed_by IS NOT NULL THEN manual_by END, confirmed_by,
       CASE WHEN confirmed_by IS NOT NULL THEN 'two-persons'
            WHEN kind = 'service' THEN 'counted-zero-twice'
            WHEN outcome IS NOT NULL THEN 'signed-answer' END,
       counts
  FROM task WHERE request = $1::uuid ORDER BY name
