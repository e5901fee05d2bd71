-- What is left of rows whose other messages were delivered. A row that waits for topics is read when they are there; any
-- other is tried again by its time.
UPDATE outbox
SET messages = a.messages,
    stuck = string_to_array(a.topics, ' '),
    tries = outbox.tries + 1,
    next_at = CASE WHEN a.topics IS NULL
                   THEN now() + least(interval '1 second' * power(2, least(outbox.tries, 12)), interval '10 minutes') END
FROM unnest($1::uuid[], $2::int8[], $3::bytea[], $4::text[]) AS a (id, epoch, messages, topics)
WHERE outbox.id = a.id AND a.epoch = outbox_epoch(outbox.shard)
