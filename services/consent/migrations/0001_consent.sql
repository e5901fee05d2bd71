-- The ledger of acts, what is derived from it, and who a person is. Keyed hashes and ids of ours alone.

CREATE TABLE {schema}.address (
    id         uuid PRIMARY KEY,
    email_key  bytea       NOT NULL UNIQUE CHECK (octet_length(email_key) = 16),
    wide_key   bytea       CHECK (octet_length(wide_key) = 16),
    whose      smallint    CHECK (whose BETWEEN 0 AND 2), -- enum address_kind of common/policy; NULL: unknown, a consumer's
    country    text        CHECK (length(country) = 2),
    vault      uuid,       -- what to open for the address itself; NULL: known by a refusal alone
    created_at timestamptz NOT NULL,
    bounced_at timestamptz, -- told by the mailer; lifted by a confirmation
    idle_at    timestamptz  -- when to look whether anything justifies what is kept; NULL: a grant did
);
CREATE INDEX address_idle ON {schema}.address (idle_at) WHERE idle_at IS NOT NULL;
CREATE INDEX address_wide ON {schema}.address (wide_key);

-- All that was ever opened for an address: a record of its person, or an item that nobody else owns.
CREATE TABLE {schema}.address_source (
    address uuid    NOT NULL REFERENCES {schema}.address ON DELETE CASCADE,
    vault   uuid    NOT NULL,
    item    boolean NOT NULL,
    PRIMARY KEY (address, vault)
);
CREATE INDEX address_source_vault ON {schema}.address_source (vault);

CREATE TABLE {schema}.ledger (
    position         bigint PRIMARY KEY, -- counted by ledger_seal, under the chain's lock
    act_id           uuid,     -- of the event: its repeat, on whatever day, is no new act; NULL: a page or a job
    address          uuid,     -- NULL: a refusal of a record whose address isn't known
    subject_key      bytea,    -- the address's key, or the record's source key
    record           uuid,
    person           uuid,     -- as known at that time
    channel          text        NOT NULL,
    purpose          text        NOT NULL, -- '': all direct marketing
    statement        bigint,
    language         text,
    act              smallint    NOT NULL CHECK (act BETWEEN 0 AND 6), -- enum consent_state of proto/events.h
    given_by         smallint,   -- enum given_by of proto/contact.h
    age_over         smallint,   -- the person is known to be so old; how, says the evidence
    at               timestamptz NOT NULL,
    recorded_at      timestamptz NOT NULL,
    source           text        NOT NULL,
    evidence         uuid,       -- in the vault
    statement_digest bytea,      -- SHA-256 of the text that was shown
    policy_version   bigint,
    controller       text        NOT NULL,
    chain            bytea       NOT NULL CHECK (octet_length(chain) = 16), -- whose: the address, else the key, else the record
    salt             bytea       NOT NULL, -- so that what is left of an erased row tells nothing
    seal             bytea       NOT NULL CHECK (octet_length(seal) = 32)   -- SHA-256(the seal before it || ledger_digest)
);
CREATE INDEX ledger_chain ON {schema}.ledger (chain, position);
CREATE UNIQUE INDEX ledger_act ON {schema}.ledger (act_id) WHERE act_id IS NOT NULL;
CREATE INDEX ledger_evidence ON {schema}.ledger (evidence) WHERE evidence IS NOT NULL;
CREATE INDEX ledger_address ON {schema}.ledger (address, position);
CREATE INDEX ledger_subject ON {schema}.ledger (subject_key);
CREATE INDEX ledger_record ON {schema}.ledger (record) WHERE record IS NOT NULL;
CREATE INDEX ledger_person ON {schema}.ledger (person) WHERE person IS NOT NULL;

-- Append-only: the running service has no right to change a row, and a trigger refuses even the owner, but on the road
-- of a forget or of an address that was never confirmed (ledger_erase).
REVOKE UPDATE, DELETE, TRUNCATE ON {schema}.ledger FROM {role};
GRANT SELECT, INSERT ON {schema}.ledger TO {role};

CREATE FUNCTION {schema}.ledger_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('lethe.ledger_erase', true) = 'on'
       AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND current_setting('lethe.ledger_erase', true) = 'on'
       AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        NEW.person := NULL;
        IF (to_jsonb(NEW) - 'person') = (to_jsonb(OLD) - 'person') THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'LT002';
END $$;
CREATE TRIGGER ledger_guard BEFORE UPDATE OR DELETE ON {schema}.ledger
    FOR EACH ROW EXECUTE FUNCTION {schema}.ledger_guard();
CREATE TRIGGER ledger_guard_truncate BEFORE TRUNCATE ON {schema}.ledger
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.ledger_guard();

-- Hash-chained: each row of an address carries the seal of the one before it, so that a row that was changed, put in or
-- taken out behind the service's back shows (ledger_verify). A row that was erased on a lawful road leaves its salted
-- digest, which holds the chain together and tells nothing without the salt; with a chain's last row all of it goes.
CREATE TABLE {schema}.ledger_head (
    chain    bytea PRIMARY KEY,
    position bigint NOT NULL,
    seal     bytea  NOT NULL
);
CREATE TABLE {schema}.ledger_gap (
    chain    bytea  NOT NULL,
    position bigint NOT NULL,
    digest   bytea  NOT NULL,
    PRIMARY KEY (chain, position)
);
REVOKE ALL ON {schema}.ledger_head, {schema}.ledger_gap FROM {role};
GRANT SELECT ON {schema}.ledger_head, {schema}.ledger_gap TO {role};
CREATE SEQUENCE {schema}.ledger_position;

-- All of a row but the person, whom a later forget unnames.
CREATE FUNCTION {schema}.ledger_digest(l {schema}.ledger) RETURNS bytea LANGUAGE sql STABLE
    SET search_path = {schema}, pg_catalog, pg_temp AS $$
    SELECT sha256(l.salt || convert_to(jsonb_build_array(
        l.position, l.address, encode(l.subject_key, 'hex'), l.record, l.channel, l.purpose, l.statement, l.language, l.act,
        l.given_by, (extract(epoch FROM l.at) * 1000000)::bigint, (extract(epoch FROM l.recorded_at) * 1000000)::bigint,
        l.source, l.evidence, encode(l.statement_digest, 'hex'), l.policy_version, l.controller, l.act_id, l.age_over)::text, 'UTF8'))
$$;

CREATE FUNCTION {schema}.ledger_seal() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_catalog, pg_temp AS $$
DECLARE before bytea;
BEGIN
    NEW.chain := coalesce(uuid_send(NEW.address), NEW.subject_key, uuid_send(NEW.record));
    NEW.salt := uuid_send(gen_random_uuid());
    INSERT INTO ledger_head AS h (chain, position, seal) VALUES (NEW.chain, 0, '')
        ON CONFLICT (chain) DO UPDATE SET position = h.position
    RETURNING h.seal INTO before; -- locked: the next act of this chain waits
    NEW.position := nextval('ledger_position');
    NEW.seal := sha256(before || ledger_digest(NEW));
    UPDATE ledger_head h SET position = NEW.position, seal = NEW.seal WHERE h.chain = NEW.chain;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_seal BEFORE INSERT ON {schema}.ledger FOR EACH ROW EXECUTE FUNCTION {schema}.ledger_seal();

-- The next `most` chains after one: each, and whether it folds to its seals.
CREATE FUNCTION {schema}.ledger_verify(after bytea, most int) RETURNS TABLE (chain bytea, whole boolean)
    LANGUAGE plpgsql STABLE SET search_path = {schema}, pg_catalog, pg_temp AS $$
DECLARE link record; run bytea;
BEGIN
    FOR chain IN (SELECT h.chain FROM ledger_head h WHERE h.chain > after ORDER BY h.chain LIMIT most)
                 UNION (SELECT DISTINCT l.chain FROM ledger l WHERE l.chain > after ORDER BY l.chain LIMIT most)
                  ORDER BY 1 LIMIT most LOOP
        run := '';
        whole := true;
        FOR link IN SELECT l.position, ledger_digest(l) AS digest, l.seal FROM ledger l WHERE l.chain = ledger_verify.chain
                    UNION ALL
                    SELECT g.position, g.digest, NULL FROM ledger_gap g WHERE g.chain = ledger_verify.chain
                     ORDER BY 1 LOOP
            run := sha256(run || link.digest);
            whole := whole AND (link.seal IS NULL OR link.seal = run);
        END LOOP;
        whole := whole AND EXISTS (SELECT FROM ledger_head h WHERE h.chain = ledger_verify.chain AND h.seal = run);
        RETURN NEXT;
    END LOOP;
END $$;

CREATE FUNCTION {schema}.ledger_erase(positions bigint[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_catalog, pg_temp AS $$
DECLARE gone bigint; chains bytea[];
BEGIN
    SELECT array_agg(DISTINCT l.chain) INTO chains FROM ledger l WHERE l.position = ANY (positions);
    PERFORM FROM ledger_head h WHERE h.chain = ANY (chains) ORDER BY h.chain FOR UPDATE;
    INSERT INTO ledger_gap (chain, position, digest)
    SELECT l.chain, l.position, ledger_digest(l) FROM ledger l WHERE l.position = ANY (positions);
    PERFORM set_config('lethe.ledger_erase', 'on', true);
    DELETE FROM {schema}.ledger WHERE position = ANY (positions);
    GET DIAGNOSTICS gone = ROW_COUNT;
    DELETE FROM ledger_gap g WHERE g.chain = ANY (chains) AND NOT EXISTS (SELECT FROM ledger l WHERE l.chain = g.chain);
    DELETE FROM ledger_head h WHERE h.chain = ANY (chains) AND NOT EXISTS (SELECT FROM ledger l WHERE l.chain = h.chain);
    PERFORM set_config('lethe.ledger_erase', 'off', true);
    RETURN gone;
END $$;
REVOKE EXECUTE ON FUNCTION {schema}.ledger_erase(bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.ledger_erase(bigint[]) TO {role};

-- Rows that stay, since they are a neighbour's proof, too, forget whom they were thought to be about.
CREATE FUNCTION {schema}.ledger_unname(persons uuid[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = {schema}, pg_catalog, pg_temp AS $$
DECLARE unnamed bigint;
BEGIN
    PERFORM set_config('lethe.ledger_erase', 'on', true);
    UPDATE {schema}.ledger SET person = NULL WHERE person = ANY (persons);
    GET DIAGNOSTICS unnamed = ROW_COUNT;
    PERFORM set_config('lethe.ledger_erase', 'off', true);
    RETURN unnamed;
END $$;
REVOKE EXECUTE ON FUNCTION {schema}.ledger_unname(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.ledger_unname(uuid[]) TO {role};

-- What lies in the vault for acts that were dropped, links that ended and addresses that were erased: committed here
-- first, so that no key is destroyed for a transaction that rolls back.
CREATE TABLE {schema}.doomed (
    vault     uuid PRIMARY KEY,
    email_key bytea,       -- whose it is, so that a forget finds it
    record    uuid,
    since     timestamptz NOT NULL
);
CREATE INDEX doomed_email ON {schema}.doomed (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX doomed_record ON {schema}.doomed (record) WHERE record IS NOT NULL;

-- The state of one address, channel and purpose, derived from the ledger; what consent.changed carries.
CREATE TABLE {schema}.state (
    address        uuid        NOT NULL REFERENCES {schema}.address ON DELETE CASCADE,
    channel        text        NOT NULL,
    purpose        text        NOT NULL,
    rev            bigint      NOT NULL,
    state          smallint    NOT NULL,
    statement      bigint,
    ground         smallint,   -- of a grant: enum policy_ground
    age_over       smallint,   -- of a grant: 999: a guardian's act
    language       text,
    position       bigint      NOT NULL, -- the act that made it
    at             timestamptz NOT NULL,
    asked_position bigint,     -- of a confirmation: the request behind it; refusals before it are lifted
    asked_at       timestamptz,
    recorded_at    timestamptz NOT NULL,
    source         text        NOT NULL,
    last_used_at   timestamptz,
    PRIMARY KEY (address, channel, purpose)
);
CREATE INDEX state_grant_used ON {schema}.state (purpose, (greatest(at, last_used_at))) WHERE state IN (1, 2);
CREATE INDEX state_asserted ON {schema}.state (source, purpose, recorded_at) WHERE state = 2;

-- Links to confirm. The token itself stands in the mail alone.
CREATE TABLE {schema}.confirm_token (
    hash           bytea PRIMARY KEY CHECK (octet_length(hash) = 32), -- BLAKE2b-256 of 256 random bits
    address        uuid        NOT NULL REFERENCES {schema}.address ON DELETE CASCADE,
    channel        text        NOT NULL,
    purpose        text        NOT NULL,
    statement      bigint      NOT NULL,
    language       text        NOT NULL,
    asked_position bigint      NOT NULL,
    asked_at       timestamptz NOT NULL,
    content        uuid        NOT NULL, -- of the mail, in the vault
    created_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    used_at        timestamptz
);
CREATE INDEX confirm_token_address ON {schema}.confirm_token (address, created_at);
CREATE INDEX confirm_token_expires ON {schema}.confirm_token (expires_at);

-- "My data": whoever asks for a link gets the same answer, known or not; a job looks, and mails. Gone after a day.
CREATE TABLE {schema}.data_ask (
    id          uuid PRIMARY KEY,
    email_key   bytea       NOT NULL CHECK (octet_length(email_key) = 16),
    wide_key    bytea       CHECK (octet_length(wide_key) = 16),
    shared      boolean     NOT NULL, -- a role's mailbox
    requester   bytea       NOT NULL, -- a keyed hash of the peer's address: so many an hour
    language    text        NOT NULL,
    at          timestamptz NOT NULL,
    answered_at timestamptz
);
CREATE INDEX data_ask_waiting ON {schema}.data_ask (at) WHERE answered_at IS NULL;
CREATE INDEX data_ask_requester ON {schema}.data_ask (requester, at);
CREATE INDEX data_ask_email ON {schema}.data_ask (email_key);
CREATE INDEX data_ask_at ON {schema}.data_ask (at);
CREATE TABLE {schema}.data_token (
    hash       bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    email_key  bytea       NOT NULL CHECK (octet_length(email_key) = 16),
    wide_key   bytea       CHECK (octet_length(wide_key) = 16),
    shared     boolean     NOT NULL,
    vault      uuid        NOT NULL, -- what opens the address
    content    uuid        NOT NULL, -- of the mail, in the vault
    language   text        NOT NULL,
    person     uuid,                 -- who it is, by a second fact, where several read the mailbox
    tries      int         NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX data_token_email ON {schema}.data_token (email_key, created_at);
CREATE INDEX data_token_expires ON {schema}.data_token (expires_at);

-- Refusals by whatever they reach: the latest of each kind. scope 1: a key, 2: a record, 3: a person; subject: the hash
-- or the id. purpose '': all direct marketing. kind: enum refusal_kind of proto/events.h.
CREATE TABLE {schema}.refusal (
    scope    smallint    NOT NULL CHECK (scope BETWEEN 1 AND 3),
    subject  bytea       NOT NULL CHECK (octet_length(subject) = 16),
    channel  text        NOT NULL,
    purpose  text        NOT NULL,
    kind     smallint    NOT NULL,
    position bigint      NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (scope, subject, channel, purpose, kind)
);

-- Persons as dedupe announces them: whole, by revision.
CREATE TABLE {schema}.person (
    id         uuid PRIMARY KEY,
    rev        bigint  NOT NULL,
    ended      boolean NOT NULL,
    restricted boolean NOT NULL
);
CREATE TABLE {schema}.person_key (
    person uuid  NOT NULL REFERENCES {schema}.person ON DELETE CASCADE,
    hash   bytea NOT NULL CHECK (octet_length(hash) = 16),
    PRIMARY KEY (person, hash)
);
CREATE INDEX person_key_hash ON {schema}.person_key (hash);
CREATE TABLE {schema}.person_record (
    person uuid NOT NULL REFERENCES {schema}.person ON DELETE CASCADE,
    record uuid NOT NULL,
    PRIMARY KEY (person, record)
);
-- Who refuses what a person refused: whom it was merged into, both halves of a split. position: the ledger's end when a
-- split was heard of: what is refused later stays with the half that refused; NULL: a merge.
CREATE TABLE {schema}.person_heir (
    person   uuid NOT NULL,
    heir     uuid NOT NULL,
    position bigint,
    PRIMARY KEY (person, heir)
);
CREATE INDEX person_heir_heir ON {schema}.person_heir (heir);
CREATE INDEX person_record_record ON {schema}.person_record (record);
