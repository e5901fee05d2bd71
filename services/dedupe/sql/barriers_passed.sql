-- Barriers that have passed every partition and serve one of these requests, with all whom they serve.
SELECT barrier, requests, true
  FROM barrier_seen
 WHERE requests && $1::uuid[] AND cardinality(parts) >= partitions
