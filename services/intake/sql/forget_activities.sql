SELECT a.activity_id, a.content_id, a.source_key, a.system, a.category, a.version_kind::int4, a.version_value, a.rev,
       a.date_names, ARRAY(SELECT (extract(epoch FROM d) * 1000000)::int8::text FROM unnest(a.dates) AS d),
       a.policy_version,
       NOT EXISTS (SELECT FROM part AS p
                    WHERE p.activity_id = a.activity_id AND NOT p.staff AND p.part_id <> ALL ($2::uuid[])),
       coalesce((SELECT bit_or(1 << p.role::int4) FROM part AS p
                  WHERE p.activity_id = a.activity_id AND NOT p.staff AND p.part_id = ANY ($2::uuid[])), 0)
  FROM activity AS a
 WHERE a.activity_id = ANY ($1::uuid[])
 ORDER BY a.activity_id
   FOR UPDATE
