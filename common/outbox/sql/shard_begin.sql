INSERT INTO outbox_shard (shard, epoch) VALUES ($1::text, 1)
ON CONFLICT (shard) DO UPDATE SET epoch = outbox_shard.epoch + 1
RETURNING epoch
