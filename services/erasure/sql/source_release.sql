-- The second two: what waited goes on where it stood; the job `advance` takes it up.
WITH released AS (
    UPDATE source SET frozen_at = NULL, looked_by = NULL, released_at = $3::timestamptz WHERE name = $1::text)
UPDATE request
   SET approved_by = $2::uuid, next_at = $3::timestamptz
 WHERE id = ANY (ARRAY(SELECT id FROM request
                        WHERE source = $1::text AND kind = 'forget' AND four_eyes AND approved_by IS NULL
                          AND status NOT IN ('completed', 'cancelled')
                        ORDER BY id FOR NO KEY UPDATE))
RETURNING id
