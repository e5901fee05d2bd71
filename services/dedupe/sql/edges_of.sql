SELECT e.a, e.b, e.verdict, e.differ, e.random, e.household, e.levels
  FROM unnest($1::uuid[]) AS r(record) JOIN edge AS e ON e.a = r.record
UNION
SELECT e.a, e.b, e.verdict, e.differ, e.random, e.household, e.levels
  FROM unnest($1::uuid[]) AS r(record) JOIN edge AS e ON e.b = r.record
