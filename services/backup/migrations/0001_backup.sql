-- The catalogue: copies of our data that we don't serve from, and what may be in them.
CREATE TABLE backup (
    backup     uuid PRIMARY KEY,
    rev        bigint NOT NULL,
    name       text NOT NULL,
    holder     text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('own', 'outside')),
    contents   text NOT NULL CHECK (contents IN ('everything', 'system', 'manifest')),
    system     text,
    taken_at   timestamptz NOT NULL,
    expires_at timestamptz,
    place      text,
    keyring    boolean NOT NULL,
    kek_epoch  bigint,
    complete   boolean NOT NULL DEFAULT false, -- the manifest names everybody; until then it may hold anybody
    by_phone   boolean NOT NULL DEFAULT false, -- it names phones: others' too, so that it may hold anybody
    entries    bigint NOT NULL DEFAULT 0,      -- of its manifest
    ledger     bigint,                 -- the ledger's number before the snapshot
    gone_at    timestamptz,
    registered_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX backup_present ON backup (taken_at) WHERE gone_at IS NULL;
GRANT SELECT, INSERT, UPDATE ON backup TO {role};

-- Who is in it, by keyed hashes, where its holder said so.
CREATE TABLE manifest (
    backup uuid NOT NULL REFERENCES backup,
    key    bytea NOT NULL,
    PRIMARY KEY (key, backup)
);
GRANT SELECT, INSERT, DELETE ON manifest TO {role};

-- When a forget destroyed the person's keys: what was taken later can't hold them.
CREATE TABLE asked (
    request uuid PRIMARY KEY,
    at      timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON asked TO {role};

-- What was answered for a forget: ids, dates and codes alone. Where a human is asked, one person records the answer and
-- another confirms it; until then the outcome is 'human', and the request stays open.
CREATE TABLE answer (
    request      uuid NOT NULL,
    backup       uuid NOT NULL REFERENCES backup,
    outcome      text NOT NULL CHECK (outcome IN ('dark', 'gone', 'not-held', 'human')),
    at           timestamptz NOT NULL,
    why          text NOT NULL,
    recorded     text CHECK (recorded IN ('dark', 'gone', 'not-held')),
    recorded_at  timestamptz, -- the date that the answer names
    evidence     text,        -- where the proof lies
    recorded_by  uuid,        -- operators
    confirmed_by uuid,
    PRIMARY KEY (request, backup)
);
CREATE INDEX answer_open ON answer (at, request, backup) WHERE outcome = 'human';
GRANT SELECT, INSERT, UPDATE ON answer TO {role};
