SELECT backup, outcome, at, why, evidence, recorded_by, confirmed_by, b.expires_at
  FROM answer JOIN backup AS b USING (backup)
 WHERE request = $1::uuid AND ($2::uuid IS NULL OR backup = $2::uuid)
 ORDER BY backup
