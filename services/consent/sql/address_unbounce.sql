UPDATE address SET bounced_at = NULL WHERE id = $1::uuid AND bounced_at IS NOT NULL
