INSERT INTO policy_row (digest, text) VALUES ($1::bytea, $2::text) RETURNING version
