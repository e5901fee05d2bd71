-- Who is forgotten here, and how far. Keys and ids alone: keyed hashes and ids of ours.
CREATE TABLE {schema}.tombstone_key (
    kind        smallint    NOT NULL,
    hash        bytea       NOT NULL CHECK (octet_length(hash) = 16),
    request     uuid        NOT NULL,
    received_at timestamptz NOT NULL,
    barrier     uuid,
    standing    boolean     NOT NULL, -- false: restricted, the request may still be cancelled
    until       timestamptz NOT NULL,
    PRIMARY KEY (hash, kind, request)
);
CREATE INDEX tombstone_key_request ON {schema}.tombstone_key (request);
CREATE INDEX tombstone_key_until ON {schema}.tombstone_key (until);

CREATE TABLE {schema}.tombstone_id (
    id       uuid        NOT NULL,
    request  uuid        NOT NULL,
    standing boolean     NOT NULL,
    until    timestamptz NOT NULL,
    PRIMARY KEY (id, request)
);
CREATE INDEX tombstone_id_request ON {schema}.tombstone_id (request);
CREATE INDEX tombstone_id_until ON {schema}.tombstone_id (until);

-- One row a request. The set is there while there is work and emptied at the end; the row stays to tell late orders.
CREATE TABLE {schema}.forget_task (
    request     uuid PRIMARY KEY,
    state       smallint    NOT NULL, -- enum task_state of common/forget/task.h
    verify      boolean     NOT NULL DEFAULT false, -- the second look was asked for while destroying
    expiry      boolean     NOT NULL DEFAULT false,
    persons     uuid[]      NOT NULL DEFAULT '{}',
    records     uuid[]      NOT NULL DEFAULT '{}',
    activities  uuid[]      NOT NULL DEFAULT '{}',
    parts       uuid[]      NOT NULL DEFAULT '{}',
    key_kinds   bytea       NOT NULL DEFAULT '', -- one byte a key, beside key_hashes
    key_hashes  bytea[]     NOT NULL DEFAULT '{}',
    ordered_by  xid8        NOT NULL DEFAULT pg_current_xact_id(), -- the transaction that set this set's tombstones
    rows_gone   bigint      NOT NULL DEFAULT 0,
    attempts    integer     NOT NULL DEFAULT 0,
    ordered_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_at     timestamptz, -- NULL: nothing to do
    changed_at  timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 70);
CREATE INDEX forget_task_next ON {schema}.forget_task (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX forget_task_changed ON {schema}.forget_task (changed_at) WHERE next_at IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.tombstone_key, {schema}.tombstone_id, {schema}.forget_task TO {role};
