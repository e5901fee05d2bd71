UPDATE mail SET state = 1, next_at = NULL, sender = NULL, changed_at = '-infinity' WHERE next_at IS NOT NULL
