-- A page of a campaign. What was asked for before a restore may have left in the future that is gone: its outcome is unknown.
INSERT INTO mail (mail, rev, kind, state, why, campaign, record, address, content, email_key, wide_key, purpose, ground, position,
                  next_at, asked_at, changed_at)
SELECT p.mail, next_revision(NULL), $5::int4, CASE WHEN p.why IS NOT NULL THEN $6::int4 WHEN undone THEN 1 ELSE $7::int4 END,
       p.why, $1::uuid, p.record, p.record, $2::uuid, p.email, p.wide, $3::text, p.ground, nullif(p.position, -1),
       CASE WHEN p.why IS NULL AND NOT undone THEN $8::timestamptz END, $4::timestamptz,
       CASE WHEN p.why IS NULL AND undone THEN '-infinity' ELSE now() END
  FROM unnest($9::uuid[], $10::uuid[], $11::bytea[], $12::bytea[], $13::text[], $14::text[], $15::int8[])
       AS p (mail, record, email, wide, why, ground, position),
       (SELECT $4::timestamptz < coalesce(restored_at, '-infinity') AS undone FROM ledger_mark) AS m
ON CONFLICT DO NOTHING
RETURNING mail, rev
