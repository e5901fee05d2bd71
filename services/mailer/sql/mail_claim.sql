SELECT mail, kind, campaign, request, record, address, content, email_key, wide_key, purpose, ground, position, template,
       language, attempts, rev, asked_at, acted_at, unknowns, why IS NOT DISTINCT FROM 'paced'
FROM mail
WHERE next_at <= $1::timestamptz
ORDER BY next_at
LIMIT $2::int4
FOR UPDATE SKIP LOCKED
