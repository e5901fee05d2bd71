-- The session that a lost connection left behind: its transaction ends with it.
SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity
WHERE backend_xid = $1::text::xid8::xid AND pid <> pg_backend_pid()
