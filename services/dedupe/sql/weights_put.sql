-- Under all locks, so that versions follow one another.
WITH next AS (UPDATE weighing SET version = version + 1 RETURNING version)
INSERT INTO weights (version, learnt, by) SELECT version, $1::text, $2::uuid FROM next
