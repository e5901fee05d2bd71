UPDATE mail SET state = 1, next_at = NULL, sender = $2::text, attempts = attempts + 1, changed_at = now()
WHERE mail = $1::uuid
