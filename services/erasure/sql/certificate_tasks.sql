SELECT name, kind, outcome, rule, until, answered_at, rows_gone, evidence, reopened
  FROM task WHERE request = $1::uuid ORDER BY name
