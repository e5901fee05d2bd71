SELECT key, first_used, last_used FROM signer ORDER BY first_used, key
