SELECT count(pg_advisory_xact_lock($1::int4, bucket))
  FROM (SELECT DISTINCT bucket FROM unnest($2::int4[]) AS b(bucket) ORDER BY bucket OFFSET 0) AS sorted
