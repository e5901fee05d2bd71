-- All that this source asked for and that is not destroyed yet waits for four eyes.
WITH frozen AS (
    UPDATE source SET frozen_at = $3::timestamptz, looked_by = NULL WHERE name = $1::text AND frozen_at IS NULL)
UPDATE request
   SET four_eyes = true
 WHERE id = ANY (ARRAY(SELECT id FROM request
                        WHERE source = $1::text AND kind = 'forget' AND NOT four_eyes AND stage < $2::int4
                          AND status NOT IN ('completed', 'cancelled')
                        ORDER BY id FOR NO KEY UPDATE))
RETURNING id
