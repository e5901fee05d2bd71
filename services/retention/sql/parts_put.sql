INSERT INTO part (part, activity, role, used, record, due_at, rule)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int4[], $4::bool[], $5::uuid[], $6::timestamptz[], $7::text[])
ON CONFLICT (part) DO UPDATE
   SET activity = excluded.activity, role = excluded.role, used = excluded.used, record = excluded.record,
       due_at = excluded.due_at, rule = excluded.rule, expiry = NULL, announced_at = NULL
