INSERT INTO lease AS l (name, owner, token, until, pid, backend_start)
SELECT $1::text, $2::text, nextval('lease_token'), clock_timestamp() + $3::int8 * interval '1 microsecond',
       pg_backend_pid(), (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())
ON CONFLICT (name) DO UPDATE
   SET owner = excluded.owner, token = excluded.token, until = excluded.until, pid = excluded.pid,
       backend_start = excluded.backend_start
 WHERE l.until <= clock_timestamp() OR l.owner = excluded.owner
RETURNING token, until
