-- Those whose grace wait is not over: the mark is set once, so that the wait ends.
WITH marked AS (
    UPDATE forget_task
       SET grace = pg_snapshot_xmax(pg_current_snapshot())
     WHERE state = $1::int4 AND next_at <= clock_timestamp() AND grace IS NULL
    RETURNING request
)
SELECT (SELECT count(*) FROM forget_task WHERE state = $1::int4 AND next_at <= clock_timestamp())::int8,
       (SELECT count(*) FROM marked)::int8
