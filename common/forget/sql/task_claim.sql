-- One task that is old or has failed before: its next attempt is set before it is tried, so that it holds up no other.
UPDATE forget_task AS t
   SET attempts = t.attempts + 1,
       next_at = clock_timestamp()
                 + least(interval '100 milliseconds' * power(2, least(t.attempts, 10)), interval '1 minute')
                 * (0.5 + random() / 2)
 WHERE t.request = (SELECT d.request
                      FROM forget_task AS d
                     WHERE d.next_at <= clock_timestamp()
                       AND (d.attempts > 0 OR d.ordered_at <= clock_timestamp() - interval '5 seconds')
                       AND (pg_visible_in_snapshot(d.ordered_by, pg_current_snapshot())
                            OR d.ordered_at < statement_timestamp() - interval '1 minute')
                       AND (d.state <> $1::int4
                            OR NOT EXISTS (SELECT FROM pg_snapshot_xip(pg_current_snapshot()) AS running(xid)
                                            WHERE running.xid < coalesce(d.grace, pg_snapshot_xmax(pg_current_snapshot()))
                                              AND running.xid IS DISTINCT FROM pg_current_xact_id_if_assigned()))
                     ORDER BY d.next_at
                     LIMIT 1
                       FOR UPDATE SKIP LOCKED)
RETURNING t.request
