-- Those whose grace wait is not over: the mark is set once, so that the wait ends. What is locked is being ordered or
-- worked on now.
WITH unmarked AS MATERIALIZED (
    SELECT request
      FROM forget_task
     WHERE state = $1::int4 AND next_at <= clock_timestamp() AND grace IS NULL
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
