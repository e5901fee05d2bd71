-- How many are due until then, by kind, category and rule; and how many no rule ends. As in due.sql, a clock that waits to
-- be computed isn't trusted.
SELECT 'record', category, rule, count(*) FROM record
 WHERE due_at <= $1::timestamptz AND computed >= $2::int8 GROUP BY category, rule
UNION ALL
SELECT 'activity', category, rule, count(*) FROM activity
 WHERE due_at <= $1::timestamptz AND computed >= $2::int8 GROUP BY category, rule
UNION ALL
SELECT 'part', a.category, p.rule, count(*) FROM part AS p JOIN activity AS a USING (activity)
 WHERE p.due_at <= $1::timestamptz AND a.computed >= $2::int8 GROUP BY a.category, p.rule
UNION ALL
SELECT 'record', category, NULL, count(*) FROM record WHERE due_at IS NULL AND computed >= $2::int8 GROUP BY category
UNION ALL
SELECT 'activity', category, NULL, count(*) FROM activity WHERE due_at IS NULL AND computed >= $2::int8 GROUP BY category
ORDER BY 1, 2, 3
