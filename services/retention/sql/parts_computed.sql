UPDATE part AS p
   SET due_at = c.due_at, rule = c.rule,
       announced_at = CASE WHEN p.due_at IS NOT DISTINCT FROM c.due_at THEN p.announced_at END,
       expiry = CASE WHEN p.due_at IS NOT DISTINCT FROM c.due_at THEN p.expiry END
  FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS c(part, due_at, rule)
 WHERE p.part = c.part
