SELECT p.part_id, a.activity_id, a.content_id, a.system, a.category, p.role::int4, p.record_id
  FROM part AS p JOIN activity AS a ON a.activity_id = p.activity_id
 WHERE p.record_id = ANY ($1::uuid[])
 ORDER BY a.activity_id, p.part_id
 LIMIT 1000
