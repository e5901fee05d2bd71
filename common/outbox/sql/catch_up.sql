SELECT id, epoch, messages
FROM outbox
WHERE id > $1::uuid
ORDER BY id
LIMIT $2::int4
