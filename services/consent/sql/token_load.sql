SELECT address, channel, purpose, language, statement, asked_position, asked_at, expires_at, used_at
  FROM confirm_token
 WHERE hash = $1::bytea
