-- What intake knows besides the vault: ids, keyed hashes, versions and times. Nothing here is anybody's name.

-- How each source counts its versions: numbers or times, never both.
CREATE TABLE {schema}.system_kind (
    system       text PRIMARY KEY,
    version_kind smallint NOT NULL -- enum version_kind of common/event
);

-- Records and activities of a source that ended here: they begin anew only above this version.
CREATE TABLE {schema}.ended (
    source_key    bytea PRIMARY KEY CHECK (octet_length(source_key) = 16),
    version_kind  smallint    NOT NULL,
    version_value bigint      NOT NULL,
    reason        smallint    NOT NULL, -- enum record_end of proto/events.h
    ended_at      timestamptz NOT NULL DEFAULT now()
);

-- Activities. The content and each part lie in vault.item, sealed under keys of their own.
CREATE TABLE {schema}.activity (
    activity_id    uuid PRIMARY KEY,
    content_id     uuid        NOT NULL, -- another one once somebody was taken out of the content
    source_key     bytea       NOT NULL CHECK (octet_length(source_key) = 16),
    system         text        NOT NULL,
    category       text        NOT NULL,
    version_kind   smallint    NOT NULL,
    version_value  bigint      NOT NULL,
    rev            bigint      NOT NULL,
    date_names     text[]      NOT NULL,
    dates          timestamptz[] NOT NULL,
    policy_version bigint      NOT NULL,
    partial        boolean     NOT NULL, -- somebody restricted was left out: the same version may come once more
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX activity_source ON {schema}.activity (source_key);

CREATE TABLE {schema}.part (
    part_id        uuid PRIMARY KEY,
    activity_id    uuid     NOT NULL,
    role           smallint NOT NULL, -- enum part_role of proto/contact.h
    staff          boolean  NOT NULL,
    record_id      uuid,
    source_key     bytea,
    email_key      bytea,
    email_wide_key bytea,
    role_mailbox   boolean  NOT NULL
);
CREATE INDEX part_activity ON {schema}.part (activity_id);
CREATE INDEX part_record ON {schema}.part (record_id) WHERE record_id IS NOT NULL;
CREATE INDEX part_source ON {schema}.part (source_key) WHERE source_key IS NOT NULL;
CREATE INDEX part_email ON {schema}.part (email_key) WHERE email_key IS NOT NULL;

-- Refused events; what they held lies sealed in vault.item under the same id, which is that of their message in
-- contacts.in: the same event once more is another row. keys: every identifier that was read in them, so that a forget
-- finds them.
CREATE TABLE {schema}.quarantine (
    id           uuid PRIMARY KEY,
    event_id     bytea,
    event_source bytea,
    event_type   text,
    pointer      text        NOT NULL,
    rule         text        NOT NULL,
    system       text,
    request      uuid, -- whose restriction refused it: put back where that is lifted
    keys         bytea[]     NOT NULL,
    requeue      boolean     NOT NULL DEFAULT false,
    at           timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX quarantine_event ON {schema}.quarantine (event_id);
CREATE INDEX quarantine_request ON {schema}.quarantine (request) WHERE request IS NOT NULL;
CREATE INDEX quarantine_expiry ON {schema}.quarantine (expires_at);
CREATE INDEX quarantine_requeue ON {schema}.quarantine (id) WHERE requeue;
CREATE INDEX quarantine_keys ON {schema}.quarantine USING gin (keys);

-- Records that a request has restricted, so that their events wait for its end and a cancel finds them.
CREATE TABLE {schema}.restriction (
    source_key bytea NOT NULL,
    request    uuid  NOT NULL,
    record_id  uuid  NOT NULL,
    PRIMARY KEY (source_key, request)
);
CREATE INDEX restriction_request ON {schema}.restriction (request);

-- Barriers that have passed in a partition of contacts.in: what comes behind them came after the request.
CREATE TABLE {schema}.barrier_seen (
    barrier uuid        NOT NULL,
    part    integer     NOT NULL,
    at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (barrier, part)
);
CREATE INDEX barrier_seen_at ON {schema}.barrier_seen (at);

-- Up to which offset a partition of contacts.in is known to lie in closed segments.
CREATE TABLE {schema}.rolled (
    part integer PRIMARY KEY,
    next bigint NOT NULL
);

-- Keys whose rows are gone: a job destroys them.
CREATE TABLE {schema}.doomed_key (
    id uuid PRIMARY KEY
);

-- What a forget has destroyed besides the ids that it was given: its second look asks for their keys.
CREATE TABLE {schema}.forget_gone (
    request uuid        NOT NULL,
    id      uuid        NOT NULL,
    kind    smallint    NOT NULL, -- enum gone_kind: what the certificate counts
    at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (request, id)
);
CREATE INDEX forget_gone_at ON {schema}.forget_gone (at);

-- Contents that a forget left to others, and what became of them: what isn't erased may still tell of the person in other
-- words, which a human judges.
CREATE TABLE {schema}.shared_text (
    request  uuid        NOT NULL,
    activity uuid        NOT NULL,
    outcome  smallint    NOT NULL, -- enum shared_outcome of forget.h
    at       timestamptz NOT NULL DEFAULT now(),
    judged_at timestamptz, -- a human has looked, or a later forget took the texts
    judged_by uuid,
    PRIMARY KEY (request, activity)
);
CREATE INDEX shared_text_at ON {schema}.shared_text (at);
CREATE INDEX shared_text_activity ON {schema}.shared_text (activity);

-- Somebody else was quicker: the batch is given up and runs again on what is there then.
CREATE FUNCTION {schema}.again() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'another transaction was quicker' USING ERRCODE = '40001';
END $$;
