SELECT email_key, wide_key, shared, vault, language, person, tries FROM data_token WHERE hash = $1::bytea AND expires_at > $2::timestamptz
