-- All that this source asked for and that is not destroyed yet waits for four eyes.
UPDATE request
   SET four_eyes = true
 WHERE source = $1::text AND kind = 'forget' AND NOT four_eyes AND approved_by IS NULL AND stage < $2::int4
   AND status NOT IN ('completed', 'cancelled') AND created_at >= date_trunc('hour', $3::timestamptz, 'UTC')
