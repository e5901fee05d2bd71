UPDATE task
   SET manual_outcome = $2::text, manual_rule = $3::text, manual_until = $4::timestamptz, manual_by = $5::uuid,
       evidence = $6::uuid, confirmed_by = NULL
 WHERE id = $1::uuid
