-- What was asked for before a restore may have left in the future that is gone: its outcome is unknown.
INSERT INTO mail (mail, rev, kind, state, why, campaign, request, record, address, content, email_key, wide_key, purpose,
                  ground, position, template, language, next_at, asked_at, acted_at, changed_at)
SELECT $1::uuid, next_revision(NULL), $2::int4, CASE WHEN undone THEN 1 ELSE $3::int4 END, $4::text, $5::uuid, $6::uuid,
       $7::uuid, $8::uuid, $9::uuid, $10::bytea, $11::bytea, $12::text, $13::text, $14::int8, $15::text, $16::text,
       CASE WHEN NOT undone THEN $17::timestamptz END, $18::timestamptz, $19::timestamptz,
       CASE WHEN undone THEN '-infinity' ELSE now() END
  FROM (SELECT $17::timestamptz IS NOT NULL AND $18::timestamptz < coalesce(restored_at, '-infinity') AS undone
          FROM ledger_mark) AS m
ON CONFLICT DO NOTHING
RETURNING rev
