DELETE FROM request AS r
 WHERE r.id = ANY (ARRAY(SELECT id FROM request
                          WHERE status IN ('completed', 'cancelled') AND kind NOT IN ('expiry', 'consent')
                            AND coalesce(completed_at, created_at) < $1::timestamptz
                            AND NOT EXISTS (SELECT FROM secret WHERE owner = request.id)
                          LIMIT 1000))
