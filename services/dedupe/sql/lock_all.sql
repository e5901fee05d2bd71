-- Alone among all who lock buckets of this class: they share its last one.
SELECT pg_advisory_xact_lock($1::int4, $2::int4)
