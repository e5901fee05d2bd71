-- A task that has answered has counted zero. What waits for humans ($1) is no row of the person's: it holds nothing up.
UPDATE ledger_replay AS r
   SET rows = t.rows_gone, done_at = clock_timestamp()
  FROM forget_task AS t
 WHERE t.request = r.request AND r.done_at IS NULL AND (t.state <> ALL ($2::int4[]) OR $1::bool AND t.attempts > 0)
