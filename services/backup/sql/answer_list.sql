SELECT backup, outcome, at, why FROM answer WHERE request = $1::uuid ORDER BY backup
