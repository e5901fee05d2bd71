-- What transactions publish: one row of ready messages a transaction, deleted once delivered.
CREATE TABLE outbox (
    id       uuid PRIMARY KEY, -- in the order of a process's commits
    shard    text NOT NULL,
    epoch    bigint NOT NULL,
    messages bytea NOT NULL,
    at       timestamptz NOT NULL DEFAULT now(),
    -- put aside: what is left of a row, while its topics take nothing (stuck), or until its next try
    stuck    text[],
    next_at  timestamptz,
    tries    int NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE outbox ALTER COLUMN messages SET STORAGE EXTERNAL;
CREATE INDEX outbox_stuck ON outbox (id) WHERE stuck IS NOT NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO {role};

-- A process's own shard, for its routes and jobs; a new process of the same instance name begins a new epoch.
CREATE TABLE outbox_shard (
    shard text PRIMARY KEY,
    epoch bigint NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON outbox_shard TO {role};

-- The epoch of a shard now: a process's, or a partition's ("topic/part"); 0 where nobody has it.
CREATE FUNCTION outbox_epoch(p_shard text) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce((SELECT s.epoch FROM outbox_shard s WHERE s.shard = p_shard),
                    (SELECT k.epoch FROM koff k
                     WHERE k.topic = split_part(p_shard, '/', 1)
                       AND k.part = CASE WHEN split_part(p_shard, '/', 2) ~ '^\d{1,9}$'
                                         THEN split_part(p_shard, '/', 2)::int END),
                    0);
END $$;

-- The fence of routes and jobs: holds the shard's epoch until the commit, or raises LT001 where another process of this
-- instance name has begun a later one. A restore may have set the row back: then the epoch in use goes on.
CREATE FUNCTION outbox_shard_fence(p_shard text, p_epoch bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    current_epoch bigint;
BEGIN
    SELECT epoch INTO current_epoch FROM outbox_shard WHERE shard = p_shard FOR SHARE;
    IF current_epoch = p_epoch THEN
        RETURN;
    ELSIF current_epoch > p_epoch THEN
        RAISE EXCEPTION 'another process has this instance name' USING ERRCODE = 'LT001';
    END IF;
    INSERT INTO outbox_shard AS s (shard, epoch) VALUES (p_shard, p_epoch)
    ON CONFLICT (shard) DO UPDATE SET epoch = greatest(s.epoch, excluded.epoch);
END $$;
