SELECT outbox_shard_fence($1::text, $2::int8)
