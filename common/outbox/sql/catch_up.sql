-- A page in the order of the commits, and of no more bytes than asked for; its first row comes whatever its size.
WITH page AS MATERIALIZED (
    SELECT id, sum(octet_length(messages)) OVER (ORDER BY id) AS bytes, row_number() OVER (ORDER BY id) AS n
    FROM (SELECT id, messages
          FROM outbox
          WHERE id > coalesce($1::uuid, '00000000-0000-0000-0000-000000000000')
            AND (stuck IS NULL OR NOT stuck <@ $2::text[])
            AND (next_at IS NULL OR next_at <= now())
          ORDER BY id
          LIMIT $3::int4) AS next
)
SELECT o.id, outbox_epoch(o.shard), o.messages
FROM page JOIN outbox AS o USING (id)
WHERE page.n = 1 OR page.bytes <= $4::int8
ORDER BY o.id
