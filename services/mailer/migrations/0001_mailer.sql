-- One row a requested mail: at most one mail leaves for it. Addresses and texts lie in the vault; rows hold ids, keyed
-- hashes, codes.
CREATE TABLE mail (
    mail      uuid PRIMARY KEY,
    rev       bigint NOT NULL,
    kind      smallint NOT NULL,
    state     smallint NOT NULL,
    why       text,
    campaign  uuid,
    request   uuid,
    record    uuid,
    address   uuid NOT NULL,
    content   uuid,
    email_key bytea,
    wide_key  bytea,
    purpose   text,
    ground    text,
    position  bigint,
    template  text,
    language  text,
    attempts  int NOT NULL DEFAULT 0,
    unknowns  int NOT NULL DEFAULT 0, -- attempts whose outcome nobody knows
    next_at   timestamptz,          -- NULL: final, or being sent
    sender    text,                 -- who wrote the intent: shard and epoch of a process
    asked_at  timestamptz NOT NULL,
    acted_at  timestamptz,          -- of a confirmation: when the person asked
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mail_due ON mail (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX mail_sending ON mail (sender) WHERE state = 1;
CREATE INDEX mail_ended ON mail (changed_at) WHERE next_at IS NULL;
CREATE INDEX mail_email ON mail (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX mail_wide ON mail (wide_key) WHERE wide_key IS NOT NULL;
CREATE INDEX mail_record ON mail (record) WHERE record IS NOT NULL;
CREATE UNIQUE INDEX mail_campaign ON mail (campaign, email_key) WHERE campaign IS NOT NULL; -- whoever has no address may stand twice
GRANT SELECT, INSERT, UPDATE, DELETE ON mail TO {role};

-- What was tried: an intent before the mail leaves, a result after. No result: nobody knows.
CREATE TABLE attempt (
    mail     uuid NOT NULL REFERENCES mail ON DELETE CASCADE,
    n        int NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz,
    result   text,
    PRIMARY KEY (mail, n)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON attempt TO {role};

CREATE TABLE campaign (
    campaign uuid PRIMARY KEY,
    purpose  text NOT NULL,
    content  uuid NOT NULL,
    by       uuid,
    records  uuid[] NOT NULL,
    laid_out int NOT NULL DEFAULT 0,
    at       timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON campaign TO {role};
