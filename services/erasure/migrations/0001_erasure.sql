-- Requests and their clocks, tasks of services and holders, holders, answers of backups. No personal data: free texts,
-- addresses and identifiers lie in the vault, under the items that `secret` lists.
CREATE FUNCTION {schema}.rfc3339(t timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

CREATE TABLE {schema}.request (
    id            uuid PRIMARY KEY,
    rev           bigint      NOT NULL,
    controller    text        NOT NULL,
    kind          text        NOT NULL CHECK (kind IN ('forget', 'access', 'rectify', 'restrict', 'object', 'portability',
                                                       'expiry', 'consent')),
    status        text        NOT NULL CHECK (status IN ('verifying', 'open', 'restricted', 'running', 'completed',
                                                         'cancelled')),
    stage         smallint    NOT NULL, -- enum request_stage
    decision      text CHECK (decision IN ('granted', 'partly', 'refused', 'not-identified')),
    article       text,
    source        text,                 -- the upstream system; NULL: an operator
    relation      text,
    verify_method text,
    verify_level  text,
    verified_by   uuid,                 -- an operator
    verified_at   timestamptz,
    four_eyes     boolean     NOT NULL, -- waits for another operator's approval
    created_by    uuid,
    approved_by   uuid,
    priority      smallint    NOT NULL DEFAULT 0,
    received_at   timestamptz NOT NULL,
    created_at    timestamptz NOT NULL,
    opened_at     timestamptz,
    resolved_at   timestamptz,
    hold_until    timestamptz,
    destroy_at    timestamptz,
    verify_at     timestamptz,
    completed_at  timestamptz,
    answered_at   timestamptz,
    due_at        timestamptz NOT NULL,
    extended_at   timestamptz,
    paused_at     timestamptz,          -- paused since
    paused_us     bigint      NOT NULL DEFAULT 0,
    escalation    smallint    NOT NULL DEFAULT 0,
    barrier       uuid,
    review        boolean     NOT NULL DEFAULT false, -- a doubtful match touches it
    contradicted  boolean     NOT NULL DEFAULT false, -- a holder's answer turned out false
    contact       uuid,                 -- vault item: reply_to, notes, identifiers given
    identifiers   uuid,                 -- vault item: what outside holders are told
    language      text,
    purpose       text,                 -- kind consent
    rule          text,                 -- kind expiry
    early_mail    uuid,
    final_mail    uuid,
    restates      uuid, -- the request whose subject was in doubt until an operator said who is meant; that one names
    successor     uuid, -- this one
    mail_state    text,
    tries         integer     NOT NULL DEFAULT 0, -- how often the present order was said again
    next_at       timestamptz           -- when the job `advance` must look again
) WITH (fillfactor = 70);
CREATE INDEX request_next ON {schema}.request (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX request_other ON {schema}.request (id)
    WHERE status NOT IN ('completed', 'cancelled') AND kind NOT IN ('forget', 'expiry', 'consent');
CREATE INDEX request_open ON {schema}.request (status, id) WHERE status NOT IN ('completed', 'cancelled');
CREATE INDEX request_source ON {schema}.request (source, created_at) WHERE source IS NOT NULL;
CREATE INDEX request_mail ON {schema}.request (final_mail) WHERE final_mail IS NOT NULL;

-- Who is meant: as named by the request, then the closed set. Gone when the request is closed.
CREATE TABLE {schema}.request_set (
    request    uuid PRIMARY KEY REFERENCES {schema}.request ON DELETE CASCADE,
    persons    uuid[]  NOT NULL DEFAULT '{}',
    records    uuid[]  NOT NULL DEFAULT '{}',
    activities uuid[]  NOT NULL DEFAULT '{}',
    parts      uuid[]  NOT NULL DEFAULT '{}',
    key_kinds  bytea   NOT NULL DEFAULT '',
    key_hashes bytea[] NOT NULL DEFAULT '{}',
    shared_kinds  bytea   NOT NULL DEFAULT '', -- identifiers that others have, too: not told as this person's
    shared_hashes bytea[] NOT NULL DEFAULT '{}',
    systems    text[]  NOT NULL DEFAULT '{}', -- the records' systems and, at the same places, their categories
    categories text[]  NOT NULL DEFAULT '{}'
);

-- Items in the vault that belong to a request or a holder, so that each is destroyed in its time.
CREATE TABLE {schema}.secret (
    id    uuid PRIMARY KEY,
    owner uuid NOT NULL,
    what  text NOT NULL CHECK (what IN ('contact', 'identifiers', 'reply-to', 'letter', 'note', 'evidence', 'hmac')),
    until timestamptz -- NULL: while its owner needs it
);
CREATE INDEX secret_owner ON {schema}.secret (owner);
CREATE INDEX secret_until ON {schema}.secret (until) WHERE until IS NOT NULL;

-- Keys whose items are gone with a transaction that has committed: the keyring is another database, so that destroying
-- them any earlier would lose what a rollback brings back.
CREATE TABLE {schema}.doomed_key (
    id uuid PRIMARY KEY
);

CREATE TABLE {schema}.holder (
    id          uuid PRIMARY KEY,
    name        text        NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    kind        text        NOT NULL CHECK (kind IN ('kafka', 'webhook', 'opendsr', 'manual')),
    state       text        NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'past')),
    system      text,        -- the source system that it is
    url         text,
    topic       text,
    identifiers text[]      NOT NULL,
    contact     text,        -- of the holder's own data protection officer
    categories  text[]      NOT NULL DEFAULT '{}', -- what is disclosed to it
    sealing_key bytea CHECK (octet_length(sealing_key) = 32), -- X25519
    signing_key bytea CHECK (octet_length(signing_key) = 32), -- Ed25519
    hmac        uuid,        -- vault item
    seq         bigint      NOT NULL DEFAULT 0, -- of its newest instruction
    failures    integer     NOT NULL DEFAULT 0,
    quiet_until timestamptz NOT NULL DEFAULT '-infinity',
    last_seen   timestamptz,
    created_at  timestamptz NOT NULL,
    past_at     timestamptz, -- when it stopped being told of anybody new
    truncated_to bigint     NOT NULL DEFAULT 0, -- its topic's instructions before this offset are answered and gone
    created_by  uuid,
    rev         bigint      NOT NULL DEFAULT 1
);

-- One for each service, and for each present and past holder.
CREATE TABLE {schema}.task (
    id              uuid PRIMARY KEY, -- the instruction
    request         uuid        NOT NULL REFERENCES {schema}.request ON DELETE CASCADE,
    name            text        NOT NULL,
    kind            text        NOT NULL CHECK (kind IN ('service', 'kafka', 'webhook', 'opendsr', 'manual')),
    holder          uuid REFERENCES {schema}.holder,
    verb            text        NOT NULL,
    seq             bigint,
    status          text        NOT NULL CHECK (status IN ('waiting', 'running', 'human', 'closed')),
    outcome         text,
    rule            text,
    until           timestamptz,
    need            text,        -- the kind of identifier that the holder asked for
    rows_gone       bigint,
    counts          text,        -- what a service counted besides rows: canonical JSON
    remaining       bigint,
    attempts        integer     NOT NULL DEFAULT 0,
    sent_at         timestamptz,
    next_attempt_at timestamptz,
    answered_at     timestamptz,
    verified_at     timestamptz,
    evidence        uuid,        -- vault item
    manual_outcome  text,        -- recorded by one person, not confirmed yet
    manual_rule     text,
    manual_until    timestamptz,
    manual_by       uuid,
    confirmed_by    uuid,
    contradicted_at timestamptz,
    reopened        integer     NOT NULL DEFAULT 0,
    UNIQUE (request, name)
) WITH (fillfactor = 60); -- each row changes a few times, soon
CREATE INDEX task_due ON {schema}.task (holder, next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX task_reversible ON {schema}.task (next_attempt_at) WHERE status = 'running' AND outcome = 'reversible';
CREATE INDEX task_holder ON {schema}.task (holder, seq) WHERE holder IS NOT NULL;

CREATE TABLE {schema}.backup_answer (
    request uuid        NOT NULL REFERENCES {schema}.request ON DELETE CASCADE,
    backup  uuid        NOT NULL,
    outcome text        NOT NULL,
    at      timestamptz NOT NULL,
    until   timestamptz, -- the copy's own end: its blind indexes can be linked until then
    evidence     text, -- of an answer by hand: where the proof lies, and two operators
    recorded_by  uuid,
    confirmed_by uuid,
    PRIMARY KEY (request, backup)
);

-- It outlives its request: how long the policy says.
CREATE TABLE {schema}.certificate (
    request    uuid PRIMARY KEY,
    body       text        NOT NULL, -- RFC 8785
    signature  bytea       NOT NULL,
    signer     bytea       NOT NULL, -- the public key
    subject    text,                 -- JSON: commitments to the person, whose secret is the person's alone; NULL: none
    created_at timestamptz NOT NULL
);
CREATE INDEX certificate_end ON {schema}.certificate (created_at);

-- Each certificate names the one before by its hash. The hashes stay when certificates end.
CREATE TABLE {schema}.certificate_chain (
    seq        bigint PRIMARY KEY,
    hash       bytea       NOT NULL CHECK (octet_length(hash) = 32), -- SHA-256 of the body
    created_at timestamptz NOT NULL
);

-- Public keys that certificates and instructions were ever signed with.
CREATE TABLE {schema}.signer (
    key        bytea PRIMARY KEY CHECK (octet_length(key) = 32),
    first_used timestamptz NOT NULL,
    last_used  timestamptz NOT NULL -- to the minute
);

-- Which holder got which categories about whom a request asks, from when to when.
CREATE TABLE {schema}.disclosure (
    request    uuid        NOT NULL REFERENCES {schema}.request ON DELETE CASCADE,
    holder     uuid        NOT NULL REFERENCES {schema}.holder,
    categories text[]      NOT NULL,
    since      timestamptz NOT NULL, -- the holder's being one
    until      timestamptz,
    at         timestamptz NOT NULL,
    PRIMARY KEY (request, holder)
);

-- Late joiners: how many of their identifiers were covered, and whether they have dealt with them.
CREATE TABLE {schema}.late_join (
    id       uuid PRIMARY KEY,
    holder   uuid        NOT NULL REFERENCES {schema}.holder,
    asked    integer     NOT NULL,
    covered  integer     NOT NULL,
    at       timestamptz NOT NULL,
    acked_at timestamptz,
    escalation smallint  NOT NULL DEFAULT 0
);
CREATE INDEX late_join_open ON {schema}.late_join (at) WHERE acked_at IS NULL AND covered > 0;

-- Upstream systems that ask for forgets. Past the policy's number an hour one is frozen until two operators release it.
CREATE TABLE {schema}.source (
    name        text PRIMARY KEY,
    frozen_at   timestamptz,
    looked_by   uuid, -- the operator who would release it
    released_at timestamptz
);

-- Where contacts.in begins, as the broker says, and since when nothing is in it. `mark` is its end at a time which truncation
-- has not reached yet.
CREATE TABLE {schema}.log_mark (
    part         integer PRIMARY KEY,
    gone_below   bigint NOT NULL,
    clear_before timestamptz,
    mark         bigint NOT NULL,
    mark_at      timestamptz
);

-- What the ledger outside the databases must still be told, and how far it has come. Ids and keyed hashes alone.
CREATE TABLE {schema}.ledger_out (
    id   uuid PRIMARY KEY, -- of the order: said twice it is one
    at   timestamptz NOT NULL,
    type text        NOT NULL,
    data text        NOT NULL
);
CREATE INDEX ledger_out_at ON {schema}.ledger_out (at, id);
CREATE TABLE {schema}.ledger_end (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    number bigint NOT NULL,
    place  bigint NOT NULL,
    hash   bytea  NOT NULL CHECK (octet_length(hash) = 32)
);
INSERT INTO {schema}.ledger_end (number, place, hash) VALUES (-1, 0, decode(repeat('00', 32), 'hex'));

GRANT SELECT, INSERT, UPDATE, DELETE
   ON {schema}.ledger_out, {schema}.ledger_end, {schema}.request, {schema}.request_set, {schema}.secret, {schema}.holder, {schema}.task, {schema}.backup_answer,
      {schema}.certificate, {schema}.signer, {schema}.disclosure, {schema}.late_join, {schema}.source, {schema}.doomed_key, {schema}.log_mark TO {role};
GRANT SELECT, INSERT ON {schema}.certificate_chain TO {role};
GRANT EXECUTE ON FUNCTION {schema}.rfc3339(timestamptz) TO {role};
