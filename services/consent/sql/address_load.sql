SELECT email_key, wide_key, vault FROM address WHERE id = $1::uuid
