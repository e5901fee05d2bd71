UPDATE weighing
   SET after = $2::uuid, decided = decided + $3::int8, running = $4::bool,
       ended_at = CASE WHEN $4::bool THEN NULL ELSE clock_timestamp() END
 WHERE pass = $1::int8
