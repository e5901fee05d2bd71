UPDATE activity AS a
   SET computed = $1::int8, due_at = c.due_at, rule = c.rule,
       announced_at = CASE WHEN a.due_at IS NOT DISTINCT FROM c.due_at THEN a.announced_at END,
       expiry = CASE WHEN a.due_at IS NOT DISTINCT FROM c.due_at THEN a.expiry END
  FROM unnest($2::uuid[], $3::timestamptz[], $4::text[]) AS c(activity, due_at, rule)
 WHERE a.activity = c.activity
