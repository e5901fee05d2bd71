-- Free: its time is over, it is ours, or a process of our name took it whose session is gone (killed: we are its successor).
INSERT INTO lease AS l (name, owner, token, until, pid, backend_start)
SELECT $1::text, $2::text, nextval('lease_token'), clock_timestamp() + $3::int8 * interval '1 microsecond',
       pg_backend_pid(), (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())
ON CONFLICT (name) DO UPDATE
   SET owner = excluded.owner, token = excluded.token, until = excluded.until, pid = excluded.pid,
       backend_start = excluded.backend_start
 WHERE l.until <= clock_timestamp() OR l.owner = excluded.owner
    OR split_part(l.owner, '/', 1) = split_part(excluded.owner, '/', 1)
       AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = l.pid AND a.backend_start = l.backend_start)
RETURNING token, until
