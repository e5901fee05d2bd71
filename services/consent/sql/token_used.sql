UPDATE confirm_token SET used_at = $2::timestamptz WHERE hash = $1::bytea
