UPDATE outbox SET epoch = $2::int8
WHERE id IN (SELECT id FROM outbox WHERE shard = $1::text AND epoch < $2::int8 ORDER BY id LIMIT $3::int4)
RETURNING id, messages
