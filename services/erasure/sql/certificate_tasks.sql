SELECT name, kind, outcome, rule, until, answered_at, rows_gone, evidence, reopened,
       CASE WHEN confirmed_by IS NOT NULL THEN manual_by END, confirmed_by
  FROM task WHERE request = $1::uuid ORDER BY name
