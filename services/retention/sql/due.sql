-- What is due now and not announced, or announced an hour ago and still there. kind: 0 record, 1 activity, 2 part.
-- A clock that waits to be computed isn't trusted, nor is one that hangs on the last use and was computed before it was due.
WITH records AS (SELECT record, rule, expiry FROM record
                  WHERE due_at <= $1::timestamptz AND computed >= $3::int8 AND (NOT by_last_use OR computed_at >= due_at)
                    AND (announced_at IS NULL OR announced_at < $1::timestamptz - interval '1 hour')
                  ORDER BY due_at LIMIT $2::int4 FOR UPDATE SKIP LOCKED),
     activities AS (SELECT activity, rule, expiry FROM activity
                     WHERE due_at <= $1::timestamptz AND computed >= $3::int8
                       AND (announced_at IS NULL OR announced_at < $1::timestamptz - interval '1 hour')
                     ORDER BY due_at LIMIT $2::int4 FOR UPDATE SKIP LOCKED),
     parts AS (SELECT p.part, p.rule, p.expiry FROM part AS p JOIN activity AS a USING (activity)
                WHERE p.due_at <= $1::timestamptz AND a.computed >= $3::int8
                  AND (p.announced_at IS NULL OR p.announced_at < $1::timestamptz - interval '1 hour')
                ORDER BY p.due_at LIMIT $2::int4 FOR UPDATE OF p SKIP LOCKED)
SELECT 0, record, rule, expiry FROM records
UNION ALL SELECT 1, activity, rule, expiry FROM activities
UNION ALL SELECT 2, part, rule, expiry FROM parts
