-- Before it ends, a clock that hangs on the last use is computed once more: an activity and its record may have come in by
-- two processes at one moment, neither of which saw the other's.
WITH page AS (SELECT record FROM record
               WHERE due_at <= $1::timestamptz AND computed > 0 AND by_last_use AND computed_at < due_at
               ORDER BY due_at LIMIT $2::int4 FOR UPDATE SKIP LOCKED)
UPDATE record AS r SET computed = 0 FROM page WHERE r.record = page.record
RETURNING r.record
