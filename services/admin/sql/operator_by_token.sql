SELECT id, role, revoked_at IS NOT NULL OR expires_at <= now() FROM operator WHERE token_hash = $1::bytea
