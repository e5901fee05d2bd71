WITH known AS MATERIALIZED (SELECT k.record_id, k.source_key, k.email_key FROM vault.records_keys_v1($1::uuid[]) AS k)
SELECT p.part_id, a.activity_id, a.content_id, a.system, a.category, p.role::int4, p.record_id
  FROM part AS p JOIN activity AS a ON a.activity_id = p.activity_id
 WHERE NOT p.staff
   AND (p.record_id = ANY ($1::uuid[])
        OR p.source_key = ANY (ARRAY(SELECT source_key FROM known))
        OR p.email_key = ANY (ARRAY(SELECT email_key FROM known WHERE email_key IS NOT NULL)))
 ORDER BY a.activity_id, p.part_id
 LIMIT 1000
