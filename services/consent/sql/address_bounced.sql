UPDATE address SET bounced_at = greatest(bounced_at, $2::timestamptz) WHERE email_key = $1::bytea
