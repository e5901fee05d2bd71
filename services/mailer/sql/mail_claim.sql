SELECT mail, kind, campaign, request, record, address, content, email_key, wide_key, purpose, ground, position, template,
       language, attempts, rev, asked_at, acted_at, unknowns
FROM mail
WHERE next_at <= $1::timestamptz
ORDER BY next_at
LIMIT 1
FOR UPDATE SKIP LOCKED
