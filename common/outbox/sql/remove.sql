-- The epoch is looked up for the rows that are meant alone.
WITH sent AS MATERIALIZED (
    SELECT o.id, o.shard, s.epoch FROM unnest($1::uuid[], $2::int8[]) AS s (id, epoch) JOIN outbox AS o ON o.id = s.id
)
DELETE FROM outbox USING sent
WHERE outbox.id = sent.id AND sent.epoch = outbox_epoch(sent.shard)
