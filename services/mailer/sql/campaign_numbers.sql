SELECT state, why, count(*) FROM mail WHERE campaign = $1::uuid GROUP BY state, why ORDER BY state, why
