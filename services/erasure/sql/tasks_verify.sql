UPDATE task
   SET verified_at = NULL, attempts = 0, next_attempt_at = $2::timestamptz + interval '5 seconds'
 WHERE request = $1::uuid AND kind = 'service'
