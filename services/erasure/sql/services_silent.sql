UPDATE task
   SET attempts = attempts + 1
 WHERE request = $1::uuid AND kind = 'service'
   AND CASE WHEN $2::bool THEN verified_at IS NULL ELSE status <> 'closed' END
RETURNING name
