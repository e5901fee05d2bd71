-- What is left of rows whose other messages were delivered. A row that waits for topics is read when they are there; any
-- other is tried again by its time.
WITH sent AS MATERIALIZED (
    SELECT o.id, o.shard, s.epoch, s.messages, s.topics
    FROM unnest($1::uuid[], $2::int8[], $3::bytea[], $4::text[]) AS s (id, epoch, messages, topics)
    JOIN outbox AS o ON o.id = s.id
)
UPDATE outbox
SET messages = sent.messages,
    stuck = string_to_array(sent.topics, ' '),
    tries = outbox.tries + 1,
    next_at = CASE WHEN sent.topics IS NULL
                   THEN now() + least(interval '1 second' * power(2, least(outbox.tries, 12)), interval '10 minutes') END
FROM sent
WHERE outbox.id = sent.id AND sent.epoch = outbox_epoch(sent.shard)
