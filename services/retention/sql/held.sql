SELECT 'record', category, NULL, count(*) FROM record GROUP BY category
UNION ALL
SELECT 'activity', category, NULL, count(*) FROM activity GROUP BY category
UNION ALL
SELECT 'part', a.category, NULL, count(*) FROM part JOIN activity AS a USING (activity) GROUP BY a.category
ORDER BY 1, 2
