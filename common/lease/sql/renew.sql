-- Its row names the session that works under it now; our own former one is ended first: it may still hold the row.
WITH former AS (
    SELECT pg_terminate_backend(a.pid, 2000)
      FROM lease l
      JOIN pg_stat_activity a ON a.pid = l.pid AND a.backend_start = l.backend_start
     WHERE l.name = $1::text AND l.owner = $2::text AND l.token = $3::int8 AND a.pid <> pg_backend_pid()
), ended AS MATERIALIZED (SELECT count(*) AS n FROM former)
UPDATE lease
   SET until = clock_timestamp() + $4::int8 * interval '1 microsecond', pid = a.pid, backend_start = a.backend_start
  FROM pg_stat_activity a, ended
 WHERE a.pid = pg_backend_pid() AND ended.n >= 0
   AND lease.name = $1::text AND lease.owner = $2::text AND lease.token = $3::int8
RETURNING until
