-- What is due, without a lock: new tasks, and (alone) some that are old or have failed before. Beside it the lowest number
-- of a transaction that runs now, and the lowest that none has: this snapshot sees the orders, so their tombstones had been
-- committed, and whoever gets a number from now on sees these.
SELECT d.request, d.ordered_by::text::int8, d.state::int4, d.alone,
       coalesce((SELECT min(running.xid::text::int8) FROM pg_snapshot_xip(s.now) AS running(xid)
                  WHERE running.xid IS DISTINCT FROM pg_current_xact_id_if_assigned()),
                pg_snapshot_xmax(s.now)::text::int8),
       pg_snapshot_xmax(s.now)::text::int8
  FROM ((SELECT request, ordered_by, state, next_at, false AS alone
           FROM forget_task
          WHERE next_at <= statement_timestamp()
            AND attempts = 0 AND ordered_at > statement_timestamp() - interval '5 seconds'
          ORDER BY next_at LIMIT $1::int4)
        UNION ALL
        (SELECT request, ordered_by, state, next_at, true
           FROM forget_task
          WHERE next_at <= statement_timestamp()
            AND (attempts > 0 OR ordered_at <= statement_timestamp() - interval '5 seconds')
          ORDER BY next_at LIMIT $2::int4)) AS d
 CROSS JOIN pg_current_snapshot() AS s(now)
 ORDER BY d.alone, d.next_at
