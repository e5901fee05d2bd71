WITH page AS MATERIALIZED (
    SELECT id, sum(octet_length(messages)) OVER (ORDER BY id) AS bytes, row_number() OVER (ORDER BY id) AS n
    FROM (SELECT id, messages
          FROM outbox
          WHERE coalesce(next_at, at + make_interval(secs => $1::int4)) < now()
            AND stuck IS NULL
            AND NOT (id = ANY ($2::uuid[]))
          ORDER BY id
          LIMIT $3::int4) AS next
)
SELECT o.id, outbox_epoch(o.shard), o.messages
FROM page JOIN outbox AS o USING (id)
WHERE page.n = 1 OR page.bytes <= $4::int8
ORDER BY o.id
