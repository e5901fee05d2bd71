SELECT id, name, kind, state, system, url, topic, identifiers, sealing_key, signing_key, hmac
  FROM holder WHERE id = $1::uuid OR name = $2::text
