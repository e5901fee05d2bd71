SELECT r.record, r.request, f.closed
  FROM unnest($1::uuid[]) AS i(record) JOIN restriction AS r USING (record) JOIN forgetting AS f USING (request)
 ORDER BY r.record, r.request
