UPDATE task SET next_attempt_at = NULL WHERE request = $1::uuid AND next_attempt_at IS NOT NULL
