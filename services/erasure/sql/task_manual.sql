UPDATE task
   SET manual_outcome = $2::text, manual_rule = $3::text, manual_until = $4::timestamptz, manual_by = $5::uuid,
       evidence = coalesce($6::uuid, evidence)
 WHERE id = $1::uuid
