SELECT a.request, a.backup, b.name, b.holder, a.at, a.recorded, a.recorded_at, a.evidence, a.recorded_by
  FROM answer AS a JOIN backup AS b USING (backup)
 WHERE a.outcome = 'human' AND ($1::uuid IS NULL OR a.request = $1::uuid) AND ($2::uuid IS NULL OR a.backup = $2::uuid)
 ORDER BY a.at, a.request, a.backup
 LIMIT $3::int4
