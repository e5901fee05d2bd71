UPDATE forget_task
   SET state = $2::int4, verify = $3::bool, next_at = CASE WHEN $4::bool THEN clock_timestamp() END, attempts = 0,
       ordered_at = clock_timestamp(), changed_at = clock_timestamp()
 WHERE request = $1::uuid
