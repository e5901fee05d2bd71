-- When each record, activity and activity part is due. Ids of ours, keyed hashes, names of the policy and dates.
-- computed: the policy version that due_at and rule stand for; 0: to be computed anew.
CREATE TABLE {schema}.record (
    record       uuid        PRIMARY KEY,
    rev          bigint      NOT NULL,
    category     text        NOT NULL,
    captured_at  timestamptz NOT NULL,
    dates        bytea       NOT NULL, -- packed: names and times
    computed     bigint      NOT NULL DEFAULT 0,
    computed_at  timestamptz,
    by_last_use  boolean     NOT NULL DEFAULT false,
    due_at       timestamptz,          -- NULL: no rule names an end
    rule         text,
    expiry       uuid,                 -- announced as
    announced_at timestamptz
);
CREATE INDEX record_computed ON {schema}.record (computed);
CREATE INDEX record_due ON {schema}.record (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE {schema}.activity (
    activity     uuid        PRIMARY KEY,
    rev          bigint      NOT NULL,
    category     text        NOT NULL,
    occurred_at  timestamptz NOT NULL,
    dates        bytea       NOT NULL,
    computed     bigint      NOT NULL DEFAULT 0,
    due_at       timestamptz,
    rule         text,
    expiry       uuid,
    announced_at timestamptz
);
CREATE INDEX activity_computed ON {schema}.activity (computed);
CREATE INDEX activity_due ON {schema}.activity (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE {schema}.part (
    part         uuid     PRIMARY KEY,
    activity     uuid     NOT NULL,
    role         smallint NOT NULL,
    used         boolean  NOT NULL,    -- the person was a party: counts as last use
    record       uuid,
    due_at       timestamptz,
    rule         text,
    expiry       uuid,
    announced_at timestamptz
);
CREATE INDEX part_activity ON {schema}.part (activity);
CREATE INDEX part_record ON {schema}.part (record) WHERE record IS NOT NULL;
CREATE INDEX part_due ON {schema}.part (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE {schema}.part_key (
    hash bytea NOT NULL,
    part uuid  NOT NULL,
    PRIMARY KEY (hash, part)
);
CREATE INDEX part_key_part ON {schema}.part_key (part);

-- Who is who, as dedupe tells: for the last use.
CREATE TABLE {schema}.person (
    person uuid   PRIMARY KEY,
    rev    bigint NOT NULL,
    ended  boolean NOT NULL DEFAULT false
);
CREATE TABLE {schema}.member (
    record uuid NOT NULL,
    person uuid NOT NULL,
    PRIMARY KEY (record, person) -- two for a moment, while a record moves between persons
);
CREATE INDEX member_person ON {schema}.member (person);
CREATE TABLE {schema}.person_key (
    hash   bytea NOT NULL,
    person uuid  NOT NULL,
    PRIMARY KEY (hash, person)
);
CREATE INDEX person_key_person ON {schema}.person_key (person);

-- Records and activities that ended: a late event of theirs starts no clock. Swept after 40 days.
CREATE TABLE {schema}.ended (
    id uuid        PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ended_at ON {schema}.ended (at);

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};
