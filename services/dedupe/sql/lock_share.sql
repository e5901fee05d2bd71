SELECT pg_advisory_xact_lock_shared($1::int4, $2::int4)
