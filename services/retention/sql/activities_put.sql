INSERT INTO activity AS a (activity, rev, category, occurred_at, dates, computed, due_at, rule)
SELECT * FROM unnest($1::uuid[], $2::int8[], $3::text[], $4::timestamptz[], $5::bytea[], $6::int8[],
                     $7::timestamptz[], $8::text[])
ON CONFLICT (activity) DO UPDATE
   SET rev = excluded.rev, category = excluded.category, occurred_at = excluded.occurred_at, dates = excluded.dates,
       computed = excluded.computed, due_at = excluded.due_at, rule = excluded.rule, expiry = NULL,
       announced_at = NULL
 WHERE excluded.rev > a.rev
RETURNING activity
