-- How many are due until then, by kind, category and rule; and how many no rule ends.
SELECT 'record', category, rule, count(*) FROM record WHERE due_at <= $1::timestamptz GROUP BY category, rule
UNION ALL
SELECT 'activity', category, rule, count(*) FROM activity WHERE due_at <= $1::timestamptz GROUP BY category, rule
UNION ALL
SELECT 'part', a.category, p.rule, count(*) FROM part AS p JOIN activity AS a USING (activity)
 WHERE p.due_at <= $1::timestamptz GROUP BY a.category, p.rule
UNION ALL
SELECT 'record', category, NULL, count(*) FROM record WHERE due_at IS NULL GROUP BY category
UNION ALL
SELECT 'activity', category, NULL, count(*) FROM activity WHERE due_at IS NULL GROUP BY category
ORDER BY 1, 2, 3
