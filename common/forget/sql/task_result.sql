UPDATE forget_task
   SET state = $2::int4, verify = $3::bool, rows_gone = $4::int8,
       attempts = CASE WHEN $5::bool THEN attempts + 1 ELSE 0 END,
       next_at = CASE WHEN $6::int8 >= 0 THEN clock_timestamp() + $6::int8 * interval '1 microsecond' END,
       changed_at = clock_timestamp()
 WHERE request = $1::uuid
