-- The queue: what a forget waits for, then the others, then those that an operator couldn't tell; the oldest first.
SELECT v.review, v.a, v.b, v.opened_at, x.person, y.person, e.random, e.household, e.levels, v.rank,
       (SELECT p.decision FROM proposal AS p WHERE p.review = v.review ORDER BY p.at LIMIT 1)
  FROM (SELECT r.*, CASE WHEN EXISTS (SELECT FROM restriction AS t WHERE t.record IN (r.a, r.b)) THEN 0
                         WHEN r.unsure_at IS NULL THEN 1 ELSE 2 END AS rank
          FROM review AS r) AS v
  JOIN record AS x ON x.record = v.a
  JOIN record AS y ON y.record = v.b
  LEFT JOIN edge AS e ON e.a = v.a AND e.b = v.b
 WHERE (v.rank, v.review) > ($1::int4, coalesce($2::uuid, '00000000-0000-0000-0000-000000000000'))
 ORDER BY v.rank, v.review LIMIT $3::int4
