-- Who is one person: ids of ours and keyed hashes, nothing else.
CREATE TABLE {schema}.record (
    record     uuid        PRIMARY KEY,
    rev        bigint      NOT NULL,
    person     uuid        NOT NULL,
    component  uuid        NOT NULL, -- what links reach, decisions that keep apart left aside: it is looked at as a whole
    created_at timestamptz NOT NULL,
    system     text        NOT NULL,
    language   text,
    country    text,
    role_email bytea,
    root       uuid,                 -- of its group in source_group
    keys       bytea       NOT NULL  -- 17 bytes each: kind, hash
);
CREATE INDEX record_person ON {schema}.record (person);
CREATE INDEX record_component ON {schema}.record (component);
CREATE INDEX record_role_email ON {schema}.record (role_email) WHERE role_email IS NOT NULL;

-- The keys that link, phones, and groups of joined sources (kind 100, the hash is the root's id).
CREATE TABLE {schema}.match_key (
    hash   bytea    NOT NULL CHECK (octet_length(hash) = 16),
    record uuid     NOT NULL,
    kind   smallint NOT NULL,
    PRIMARY KEY (hash, record)
);

-- Keys that more than 64 records hold.
CREATE TABLE {schema}.generic_key (
    hash  bytea       PRIMARY KEY,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- contact.merged: source ids that their source calls one; their records may be there or not.
CREATE TABLE {schema}.source_group (
    source bytea PRIMARY KEY,
    root   uuid  NOT NULL
);
CREATE INDEX source_group_root ON {schema}.source_group (root);

-- Records that ended: a late event of theirs brings nothing back. Swept after 40 days.
CREATE TABLE {schema}.ended_record (
    record uuid        PRIMARY KEY,
    at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ended_record_at ON {schema}.ended_record (at);

CREATE TABLE {schema}.person (
    person      uuid    PRIMARY KEY,
    rev         bigint  NOT NULL,
    restricted  boolean NOT NULL DEFAULT false,
    into_person uuid,                -- merged into; NULL with ended_at: nothing was left
    ended_at    timestamptz          -- swept after 40 days
);
CREATE INDEX person_into ON {schema}.person (into_person) WHERE into_person IS NOT NULL;
CREATE INDEX person_ended ON {schema}.person (ended_at) WHERE ended_at IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};
