DELETE FROM outbox USING unnest($1::uuid[], $2::int8[]) AS sent (id, epoch)
WHERE outbox.id = sent.id AND outbox.epoch = sent.epoch
