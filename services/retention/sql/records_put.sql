INSERT INTO record AS r (record, rev, category, captured_at, dates, computed, by_last_use, due_at, rule)
SELECT * FROM unnest($1::uuid[], $2::int8[], $3::text[], $4::timestamptz[], $5::bytea[], $6::int8[], $7::bool[],
                     $8::timestamptz[], $9::text[])
ON CONFLICT (record) DO UPDATE
   SET rev = excluded.rev, category = excluded.category, captured_at = excluded.captured_at, dates = excluded.dates,
       computed = excluded.computed, by_last_use = excluded.by_last_use, due_at = excluded.due_at,
       rule = excluded.rule, expiry = NULL, announced_at = NULL
 WHERE excluded.rev > r.rev
