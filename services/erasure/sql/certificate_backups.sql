SELECT backup, outcome, at FROM backup_answer WHERE request = $1::uuid ORDER BY backup
