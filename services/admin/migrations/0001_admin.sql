-- Operators, the audit chain, looks, campaigns and what is known of requests. No personal data of data subjects.
CREATE TABLE {schema}.operator (
    id         uuid PRIMARY KEY,
    name       text        NOT NULL DEFAULT '', -- an employee's: erasable, so never copied into the audit chain
    role       text        NOT NULL CHECK (role IN ('viewer', 'agent', 'dpo', 'admin')),
    token_hash bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at timestamptz NOT NULL,
    created_by uuid,
    expires_at timestamptz,
    revoked_at timestamptz,
    revoked_by uuid
);

-- Each row's hash covers the hash before it: nothing can be changed or taken out without breaking all that follows.
CREATE TABLE {schema}.audit (
    seq      int8 PRIMARY KEY,
    at       timestamptz NOT NULL,
    operator uuid,
    action   text        NOT NULL,
    object   uuid,
    detail   text        NOT NULL, -- a code of ours, never a value
    outcome  text        NOT NULL,
    hash     bytea       NOT NULL CHECK (octet_length(hash) = 32)
);
CREATE INDEX audit_object ON {schema}.audit (object, seq) WHERE object IS NOT NULL;
CREATE INDEX audit_operator ON {schema}.audit (operator, seq);
CREATE TABLE {schema}.audit_head (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    seq  int8  NOT NULL,
    hash bytea NOT NULL
);
INSERT INTO {schema}.audit_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

-- Whom a search found: beside the chain, since it goes with the person.
CREATE TABLE {schema}.look (
    seq     int8        NOT NULL, -- of the audit row
    subject uuid        NOT NULL, -- a person or a record
    at      timestamptz NOT NULL,
    PRIMARY KEY (subject, seq)
);
CREATE INDEX look_at ON {schema}.look (at);

CREATE TABLE {schema}.campaign (
    id         uuid PRIMARY KEY,
    purpose    text        NOT NULL,
    records    int8        NOT NULL,
    created_at timestamptz NOT NULL,
    created_by uuid        NOT NULL
);

-- POST /requests with an Idempotency-Key: the same key again gets the same answer.
CREATE TABLE {schema}.idempotency (
    key     bytea PRIMARY KEY CHECK (octet_length(key) = 32),  -- of operator and key
    body    bytea       NOT NULL CHECK (octet_length(body) = 32), -- keyed: a digest of the body alone could be guessed
    request uuid        NOT NULL,
    at      timestamptz NOT NULL,
    status  int4,
    answer  text
);
CREATE INDEX idempotency_at ON {schema}.idempotency (at);

-- As lethe.request.changed tells; the highest revision wins.
CREATE TABLE {schema}.request (
    id           uuid PRIMARY KEY,
    rev          int8        NOT NULL,
    kind         text        NOT NULL,
    status       text        NOT NULL,
    decision     text,
    received_at  timestamptz NOT NULL,
    due_at       timestamptz,
    completed_at timestamptz
);
CREATE INDEX request_due ON {schema}.request (due_at) WHERE status NOT IN ('completed', 'cancelled');

GRANT SELECT, INSERT, UPDATE, DELETE
   ON {schema}.operator, {schema}.look, {schema}.campaign, {schema}.idempotency, {schema}.request TO {role};
REVOKE ALL ON {schema}.audit, {schema}.audit_head FROM {role};
GRANT SELECT, INSERT ON {schema}.audit TO {role};
GRANT SELECT, UPDATE ON {schema}.audit_head TO {role};
