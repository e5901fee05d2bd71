-- Those whose grace wait is not over: the mark is set once, so that the wait ends. What is locked is being ordered or
-- worked on now; what was ordered after this snapshot gets its mark from a later one.
WITH unmarked AS MATERIALIZED (
    SELECT request
      FROM forget_task
     WHERE state = $1::int4 AND next_at <= clock_timestamp()
       AND (grace IS NULL OR grace > pg_snapshot_xmax(pg_current_snapshot())) -- or of a cluster that this was dumped from
       AND (pg_visible_in_snapshot(ordered_by, pg_current_snapshot())
            OR ordered_at < statement_timestamp() - interval '1 minute')
       FOR UPDATE SKIP LOCKED
), marked AS (
    UPDATE forget_task AS t
       SET grace = pg_snapshot_xmax(pg_current_snapshot())
      FROM unmarked AS u
     WHERE t.request = u.request
    RETURNING t.request
)
SELECT (SELECT count(*) FROM forget_task WHERE state = $1::int4 AND next_at <= clock_timestamp())::int8,
       (SELECT count(*) FROM marked)::int8
