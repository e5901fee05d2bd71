SELECT mail, kind, campaign, request, record, address, content, email_key, wide_key, purpose, ground, position, template,
       language, attempts, rev, asked_at, acted_at, unknowns, false
FROM mail
WHERE state = 1 AND ((sender LIKE $1::text || '#%' AND sender <> $1::text || '#' || $2::int8)
                     OR changed_at < $3::timestamptz)
ORDER BY mail
LIMIT 100
FOR UPDATE SKIP LOCKED
