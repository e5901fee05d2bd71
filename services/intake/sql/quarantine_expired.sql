-- What waits for the end of a request doesn't expire before it.
SELECT q.id FROM quarantine AS q
 WHERE q.expires_at < now() AND NOT q.requeue
   AND NOT EXISTS (SELECT FROM restriction AS r WHERE r.request = q.request)
   AND NOT EXISTS (SELECT FROM tombstone_key AS t WHERE t.request = q.request AND NOT t.standing)
 ORDER BY q.expires_at LIMIT 500
