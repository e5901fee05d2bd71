-- Of these, the ones whose services have all taken the present step.
SELECT r.id
  FROM request AS r
 WHERE r.id = ANY ($1::uuid[])
   AND r.status = 'running'
   AND NOT EXISTS (SELECT FROM task AS t
                    WHERE t.request = r.id AND t.kind = 'service'
                      AND CASE WHEN r.stage = $2::int4 THEN t.verified_at IS NULL ELSE t.status <> 'closed' END)
 ORDER BY r.id
