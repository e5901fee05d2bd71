-- Ends the session of an owner whose time is over, and a former one of the asker's own.
SELECT pg_terminate_backend(a.pid, 2000)
  FROM lease l
  JOIN pg_stat_activity a ON a.pid = l.pid AND a.backend_start = l.backend_start
 WHERE l.name = $1::text AND (l.owner = $2::text OR l.until <= clock_timestamp()) AND a.pid <> pg_backend_pid()
