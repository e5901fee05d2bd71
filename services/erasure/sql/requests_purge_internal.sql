DELETE FROM request
 WHERE id = ANY (ARRAY(SELECT id FROM request
                        WHERE status = 'completed' AND kind IN ('expiry', 'consent')
                          AND completed_at < $1::timestamptz
                          AND NOT EXISTS (SELECT FROM secret WHERE owner = request.id)
                        LIMIT 1000))
