INSERT INTO edge (a, b, verdict, differ, random, household, levels, weights)
SELECT e.*, $8::int8 FROM unnest($1::uuid[], $2::uuid[], $3::int4[], $4::bool[], $5::int4[], $6::int4[], $7::int4[])
    AS e(a, b, verdict, differ, random, household, levels)
 ORDER BY e.a, e.b
ON CONFLICT (a, b) DO UPDATE
   SET verdict = excluded.verdict, differ = excluded.differ, random = excluded.random, household = excluded.household,
       levels = excluded.levels, weights = excluded.weights
