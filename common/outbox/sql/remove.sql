DELETE FROM outbox USING unnest($1::uuid[], $2::int8[]) AS sent (id, epoch)
WHERE outbox.id = sent.id AND sent.epoch = outbox_epoch(outbox.shard)
