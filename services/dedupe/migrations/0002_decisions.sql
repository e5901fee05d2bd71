-- Operators' decisions, a < b: one person (must-link), or two (cannot-link).
CREATE TABLE {schema}.pair (
    a      uuid        NOT NULL,
    b      uuid        NOT NULL,
    apart  boolean     NOT NULL,
    by     uuid        NOT NULL,
    reason text        NOT NULL,
    at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (a, b),
    CHECK (a < b)
);
CREATE INDEX pair_b ON {schema}.pair (b);

-- What evidence would link and a decision about others forbids: a human's call.
CREATE TABLE {schema}.review (
    review     uuid        PRIMARY KEY,
    a          uuid        NOT NULL,
    b          uuid        NOT NULL,
    opened_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    unsure_at  timestamptz, -- an operator couldn't tell
    unsure_by  uuid,
    unsure_reason text,
    UNIQUE (a, b),
    CHECK (a < b)
);
CREATE INDEX review_b ON {schema}.review (b);

-- What one operator has decided where the policy wants two; swept after 30 days.
CREATE TABLE {schema}.proposal (
    digest   bytea       PRIMARY KEY CHECK (octet_length(digest) = 16), -- keyed, of the decision and its pairs
    review   uuid,                                                      -- NULL: by hand
    decision smallint    NOT NULL,
    by       uuid        NOT NULL,
    reason   text        NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX proposal_review ON {schema}.proposal (review) WHERE review IS NOT NULL;

-- What the engine blocks by: 64 bits each, keyed. And what it found of two records, a < b: levels and bits, no values.
CREATE TABLE {schema}.block_key (
    key    bigint NOT NULL,
    record uuid   NOT NULL,
    PRIMARY KEY (key, record)
);
CREATE INDEX block_key_record ON {schema}.block_key (record);
CREATE TABLE {schema}.edge (
    a         uuid     NOT NULL,
    b         uuid     NOT NULL,
    verdict   smallint NOT NULL, -- 0 apart, 1 review, 2 link
    differ    boolean  NOT NULL, -- names, birth dates or suffixes are two people's
    random    integer  NOT NULL, -- hundredths of bits against chance
    household integer  NOT NULL, -- and against one household
    levels    integer  NOT NULL, -- four bits a field
    weights   bigint   NOT NULL, -- the version that weighed it
    PRIMARY KEY (a, b),
    CHECK (a < b)
);
CREATE INDEX edge_b ON {schema}.edge (b);

-- What was learnt from the controller's own data; NULL: the shipped weights again. Version 0 is what is shipped.
CREATE TABLE {schema}.weights (
    version  bigint      PRIMARY KEY CHECK (version > 0),
    learnt   text,
    by       uuid        NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- By what is weighed now, and how far what was there before has been decided anew. One row.
CREATE TABLE {schema}.weighing (
    one            boolean     PRIMARY KEY DEFAULT true CHECK (one),
    version        bigint      NOT NULL DEFAULT 0,
    policy_version bigint      NOT NULL DEFAULT 0,
    sources        bigint      NOT NULL DEFAULT 0, -- a digest of what that policy says of sources
    pass           bigint      NOT NULL DEFAULT 0,
    running        boolean     NOT NULL DEFAULT false,
    after          uuid,                           -- decided so far
    until          uuid,                           -- later records have come since
    records        bigint      NOT NULL DEFAULT 0, -- there were when it began
    decided        bigint      NOT NULL DEFAULT 0,
    began_at       timestamptz,
    ended_at       timestamptz
);
INSERT INTO {schema}.weighing DEFAULT VALUES;

-- Forgets under way: what was asked, until the barrier has passed and the set is closed; and whom they restrict.
CREATE TABLE {schema}.forgetting (
    request   uuid        PRIMARY KEY,
    keys      bytea       NOT NULL, -- as record.keys
    records   uuid[]      NOT NULL,
    persons   uuid[]      NOT NULL,
    closed    boolean     NOT NULL DEFAULT false,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE {schema}.restriction (
    record  uuid NOT NULL,
    request uuid NOT NULL,
    PRIMARY KEY (record, request)
);
CREATE INDEX restriction_request ON {schema}.restriction (request);

CREATE TABLE {schema}.barrier_seen (
    barrier    uuid PRIMARY KEY,
    partitions integer     NOT NULL,
    requests   uuid[]      NOT NULL,
    parts      integer[]   NOT NULL, -- where it has passed
    at         timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 60);
CREATE INDEX barrier_seen_at ON {schema}.barrier_seen (at);
CREATE INDEX barrier_seen_requests ON {schema}.barrier_seen USING gin (requests);

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};
