UPDATE koff SET owner_pid = a.pid, owner_backend_start = a.backend_start
FROM pg_stat_activity a
WHERE a.pid = pg_backend_pid() AND koff.topic = $1::text AND koff.part = $2::int4 AND koff.epoch = $3::int8
RETURNING koff.next
