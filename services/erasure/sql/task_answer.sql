UPDATE task
   SET status = $2::text, outcome = $3::text, rule = $4::text, until = $5::timestamptz, answered_at = $6::timestamptz,
       next_attempt_at = $7::timestamptz, evidence = coalesce($8::uuid, evidence), need = $9::text, attempts = 0,
       confirmed_by = coalesce($10::uuid, confirmed_by)
 WHERE id = $1::uuid
