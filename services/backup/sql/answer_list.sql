SELECT backup, outcome, at, why, evidence, recorded_by, confirmed_by FROM answer
 WHERE request = $1::uuid AND ($2::uuid IS NULL OR backup = $2::uuid)
 ORDER BY backup
