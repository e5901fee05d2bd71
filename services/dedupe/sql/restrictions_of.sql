SELECT r.record, r.request, f.closed
  FROM restriction AS r JOIN forgetting AS f USING (request)
 WHERE r.record = ANY ($1::uuid[])
 ORDER BY r.record, r.request
