-- Dark since the keys were destroyed, which is what intake answered for; not since the backup's holder looked. What humans
-- answered has the date that they named.
SELECT b.backup, b.outcome,
       CASE WHEN b.outcome = 'dark' AND b.confirmed_by IS NULL THEN coalesce(i.answered_at, b.at) ELSE b.at END,
       b.evidence, b.recorded_by, b.confirmed_by, b.until
  FROM backup_answer AS b
  LEFT JOIN task AS i ON i.request = b.request AND i.name = 'intake' AND i.kind = 'service'
 WHERE b.request = $1::uuid
 ORDER BY b.backup
