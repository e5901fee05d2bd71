-- Our own former session is ended first: it may still hold the row.
WITH former AS (
    SELECT pg_terminate_backend(a.pid, 2000)
    FROM koff k JOIN pg_stat_activity a ON a.pid = k.owner_pid AND a.backend_start = k.owner_backend_start
    WHERE k.topic = $1::text AND k.part = $2::int4 AND k.epoch = $3::int8 AND a.pid <> pg_backend_pid()
), ended AS MATERIALIZED (SELECT count(*) AS n FROM former)
UPDATE koff SET owner_pid = a.pid, owner_backend_start = a.backend_start
FROM pg_stat_activity a, ended
WHERE a.pid = pg_backend_pid() AND ended.n >= 0 AND koff.topic = $1::text AND koff.part = $2::int4 AND koff.epoch = $3::int8
RETURNING koff.next
