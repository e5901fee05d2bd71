-- Where a human must answer, what humans recorded before is void: two persons answer for what is asked now.
UPDATE task
   SET status = $2::text, outcome = $3::text, rule = $4::text, until = $5::timestamptz, answered_at = $6::timestamptz,
       next_attempt_at = $7::timestamptz, need = $9::text, attempts = 0,
       evidence = CASE WHEN $2::text = 'human' THEN $8::uuid ELSE coalesce($8::uuid, evidence) END,
       confirmed_by = CASE WHEN $2::text <> 'human' THEN coalesce($10::uuid, confirmed_by) END,
       manual_outcome = CASE WHEN $2::text <> 'human' THEN manual_outcome END,
       manual_rule = CASE WHEN $2::text <> 'human' THEN manual_rule END,
       manual_until = CASE WHEN $2::text <> 'human' THEN manual_until END,
       manual_by = CASE WHEN $2::text <> 'human' THEN manual_by END
 WHERE id = $1::uuid
