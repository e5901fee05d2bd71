UPDATE lease
   SET until = clock_timestamp() + $4::int8 * interval '1 microsecond'
 WHERE name = $1::text AND owner = $2::text AND token = $3::int8
RETURNING until
