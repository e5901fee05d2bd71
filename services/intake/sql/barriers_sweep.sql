DELETE FROM barrier_seen AS b
 WHERE b.at < now() - interval '1 day'
   AND NOT EXISTS (SELECT FROM tombstone_key AS t WHERE t.barrier = b.barrier AND t.until > now())
