-- Leases that nobody released (a crash) and nobody wants again.
DELETE FROM lease WHERE until < clock_timestamp() - interval '1 day'
