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

-- What was answered for a forget: ids and dates alone.
CREATE TABLE answer (
    request uuid NOT NULL,
    backup  uuid NOT NULL REFERENCES backup,
    outcome text NOT NULL,
    at      timestamptz,
    why     text NOT NULL,
    PRIMARY KEY (request, backup)
);
GRANT SELECT, INSERT ON answer TO {role};
