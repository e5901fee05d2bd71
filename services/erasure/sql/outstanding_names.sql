SELECT name, outcome, rule, until FROM task
 WHERE request = $1::uuid AND kind <> 'service' AND (status <> 'closed' OR outcome = 'kept') ORDER BY name
