SELECT id, epoch, messages
FROM outbox
WHERE at < now() - make_interval(secs => $1::int4) AND NOT (id = ANY ($2::uuid[]))
ORDER BY id
LIMIT $3::int4
