-- urgent: a forget waits for it.
SELECT v.review, v.a, v.b, v.opened_at, x.person, y.person, e.random, e.household, e.levels,
       EXISTS (SELECT FROM restriction AS t WHERE t.record IN (v.a, v.b))
  FROM review AS v
  JOIN record AS x ON x.record = v.a
  JOIN record AS y ON y.record = v.b
  LEFT JOIN edge AS e ON e.a = v.a AND e.b = v.b
 WHERE v.review > coalesce($1::uuid, '00000000-0000-0000-0000-000000000000')
 ORDER BY v.review LIMIT $2::int4
