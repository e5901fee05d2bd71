-- Barriers that have passed every partition and serve one of these requests, with all whom they serve.
SELECT barrier, min(requests)
  FROM barrier_seen
 WHERE barrier IN (SELECT b.barrier FROM barrier_seen AS b WHERE b.requests && $1::uuid[])
 GROUP BY barrier
HAVING count(*) >= max(partitions)
