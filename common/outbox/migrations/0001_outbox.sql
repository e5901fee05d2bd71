-- What transactions publish: one row of ready messages a transaction, deleted once delivered.
CREATE TABLE outbox (
    id       uuid PRIMARY KEY,
    shard    text NOT NULL,
    epoch    bigint NOT NULL,
    messages bytea NOT NULL,
    at       timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE outbox ALTER COLUMN messages SET STORAGE EXTERNAL;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO {role};

-- A process's own shard, for its routes and jobs; a new process of the same instance name begins a new epoch.
CREATE TABLE outbox_shard (
    shard text PRIMARY KEY,
    epoch bigint NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON outbox_shard TO {role};
