-- Dark since the keys were destroyed, which is what intake answered for; not since the backup's holder looked.
SELECT b.backup, b.outcome,
       CASE WHEN b.outcome = 'dark' THEN coalesce(i.answered_at, b.at) ELSE b.at END
  FROM backup_answer AS b
  LEFT JOIN task AS i ON i.request = b.request AND i.name = 'intake' AND i.kind = 'service'
 WHERE b.request = $1::uuid
 ORDER BY b.backup
