SELECT a.content_id, a.system, a.category
  FROM activity AS a
 WHERE a.activity_id = $1::uuid
   AND EXISTS (SELECT FROM shared_text AS s WHERE s.activity = a.activity_id AND s.outcome < 2 AND s.judged_at IS NULL)
   FOR UPDATE
