-- A clock that is put off is no longer announced.
UPDATE record AS r
   SET computed = $1::int8, computed_at = clock_timestamp(), by_last_use = c.by_last_use, due_at = c.due_at, rule = c.rule,
       announced_at = CASE WHEN r.due_at IS NOT DISTINCT FROM c.due_at THEN r.announced_at END,
       expiry = CASE WHEN r.due_at IS NOT DISTINCT FROM c.due_at THEN r.expiry END
  FROM unnest($2::uuid[], $3::bool[], $4::timestamptz[], $5::text[]) AS c(record, by_last_use, due_at, rule)
 WHERE r.record = c.record
