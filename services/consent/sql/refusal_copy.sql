INSERT INTO refusal AS r (scope, subject, channel, purpose, kind, position, at)
SELECT 3, uuid_send($2::uuid), o.channel, o.purpose, o.kind, o.position, o.at
  FROM refusal o
 WHERE o.scope = 3 AND o.subject = uuid_send($1::uuid)
 ORDER BY o.channel, o.purpose, o.kind
    ON CONFLICT (scope, subject, channel, purpose, kind) DO UPDATE
   SET position = greatest(r.position, excluded.position), at = greatest(r.at, excluded.at)
