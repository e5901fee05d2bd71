UPDATE task SET verified_at = NULL, attempts = 0
 WHERE request = $1::uuid AND kind = 'service' AND (verified_at IS NOT NULL OR attempts > 0)
