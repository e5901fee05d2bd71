INSERT INTO request AS r (id, rev, kind, status, decision, received_at, due_at, completed_at)
VALUES ($1::uuid, $2::int8, $3::text, $4::text, $5::text, $6::timestamptz, $7::timestamptz, $8::timestamptz)
ON CONFLICT (id) DO UPDATE
   SET rev = excluded.rev, kind = excluded.kind, status = excluded.status, decision = excluded.decision,
       received_at = excluded.received_at, due_at = excluded.due_at, completed_at = excluded.completed_at
 WHERE r.rev < excluded.rev
