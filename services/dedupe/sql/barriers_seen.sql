-- Barriers that were read, each with its partition, for each of its requests: one row a barrier. Its lock is held to the
-- commit, so that of two who read the last two partitions at once one sees them all.
INSERT INTO barrier_seen AS b (barrier, partitions, requests, parts)
SELECT u.barrier, max(u.partitions), array_agg(DISTINCT u.request), array_agg(DISTINCT u.part)
  FROM unnest($1::uuid[], $2::int4[], $3::int4[], $4::uuid[]) AS u(barrier, part, partitions, request)
 GROUP BY u.barrier
 ORDER BY u.barrier
    ON CONFLICT (barrier) DO UPDATE
   SET parts = ARRAY(SELECT DISTINCT p FROM unnest(b.parts || excluded.parts) AS p)
RETURNING b.barrier, b.requests, cardinality(b.parts) >= b.partitions
