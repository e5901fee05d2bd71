INSERT INTO refusal AS r (scope, subject, channel, purpose, kind, position, at)
SELECT 3, uuid_send($1::uuid), o.channel, o.purpose, o.kind, max(o.position), max(o.at)
  FROM refusal o
 WHERE (o.scope = 1 AND o.subject = ANY ($2::bytea[]))
    OR (o.scope = 2 AND o.subject IN (SELECT uuid_send(t.id) FROM unnest($3::uuid[]) AS t(id)))
 GROUP BY o.channel, o.purpose, o.kind
 ORDER BY o.channel, o.purpose, o.kind
    ON CONFLICT (scope, subject, channel, purpose, kind) DO UPDATE
   SET position = greatest(r.position, excluded.position), at = greatest(r.at, excluded.at)
