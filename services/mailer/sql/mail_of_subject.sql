SELECT mail, kind, state, why, campaign, purpose, ground, position, asked_at, changed_at
FROM mail
WHERE email_key = ANY ($1::bytea[]) OR wide_key = ANY ($1::bytea[])
ORDER BY asked_at DESC
LIMIT 500
