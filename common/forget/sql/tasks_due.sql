-- Tasks that may be worked on now. The grace wait is over where no other transaction below the mark still runs; a task
-- without a mark takes this statement's snapshot as one: it sees the order, so the tombstones had been committed. (A row
-- that was ordered anew after the snapshot is locked in its newest version, whose tombstones the snapshot doesn't see.)
SELECT t.request, t.state, t.verify, t.expiry, t.persons, t.records, t.activities, t.parts, t.key_kinds, t.key_hashes,
       t.rows_gone, t.attempts
  FROM forget_task AS t
 WHERE t.next_at <= clock_timestamp()
   AND t.attempts = 0
   AND t.ordered_at > clock_timestamp() - interval '5 seconds'
   AND (pg_visible_in_snapshot(t.ordered_by, pg_current_snapshot())
        OR t.ordered_at < statement_timestamp() - interval '1 minute') -- a number of another cluster, restored from a dump
   AND (t.state <> $1::int4
        OR NOT EXISTS (SELECT FROM pg_snapshot_xip(pg_current_snapshot()) AS running(xid)
                        WHERE running.xid < coalesce(t.grace, pg_snapshot_xmax(pg_current_snapshot()))
                          AND running.xid IS DISTINCT FROM pg_current_xact_id_if_assigned()))
 ORDER BY t.next_at
 LIMIT $2::int4
   FOR UPDATE SKIP LOCKED
