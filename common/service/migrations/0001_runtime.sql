-- Where each partition stands: the offset moves in the transaction of its effects, fenced by the owner's epoch.
CREATE TABLE koff (
    topic               text NOT NULL,
    part                int NOT NULL,
    cluster_id          text NOT NULL,
    next                bigint NOT NULL,
    epoch               bigint NOT NULL,
    owner_pid           int,
    owner_backend_start timestamptz,
    PRIMARY KEY (topic, part)
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE ON koff TO {role};

-- Take-over: ends the predecessor's backend first, so that its row lock and its late writes end with it.
CREATE FUNCTION koff_take(p_topic text, p_part int, p_cluster text, OUT next bigint, OUT epoch bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM pg_terminate_backend(a.pid)
    FROM koff k JOIN pg_stat_activity a ON a.pid = k.owner_pid AND a.backend_start = k.owner_backend_start
    WHERE k.topic = p_topic AND k.part = p_part AND a.pid <> pg_backend_pid();
    INSERT INTO koff AS k (topic, part, cluster_id, next, epoch, owner_pid, owner_backend_start)
    SELECT p_topic, p_part, p_cluster, 0, 1, a.pid, a.backend_start FROM pg_stat_activity a
    WHERE a.pid = pg_backend_pid()
    ON CONFLICT (topic, part) DO UPDATE
    SET epoch = k.epoch + 1,
        next = CASE WHEN k.cluster_id = excluded.cluster_id THEN k.next ELSE 0 END,
        cluster_id = excluded.cluster_id,
        owner_pid = excluded.owner_pid,
        owner_backend_start = excluded.owner_backend_start
    RETURNING k.next, k.epoch INTO koff_take.next, koff_take.epoch;
END $$;

-- The fence: moves the offsets of a batch, or raises LT001 where one of them belongs to somebody else by now.
CREATE FUNCTION koff_move(p_topics text[], p_parts int[], p_expected bigint[], p_next bigint[], p_epochs bigint[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. cardinality(p_topics) LOOP -- one mostly, which costs a third of a join
        UPDATE koff SET next = p_next[i]
        WHERE topic = p_topics[i] AND part = p_parts[i] AND epoch = p_epochs[i] AND next = p_expected[i];
        IF NOT FOUND THEN
            RAISE EXCEPTION 'another owner has this partition' USING ERRCODE = 'LT001';
        END IF;
    END LOOP;
END $$;

-- One process at a time goes by an instance's name: a lock of the session says which, so that it goes with the session.
-- newest: a start, which takes the name from its predecessor (frozen, or cut off). p_pid and p_start are a former session
-- of the asker's own, which may not have ended yet.
CREATE FUNCTION name_take(p_name text, p_newest boolean, p_pid int, p_start timestamptz,
                          OUT held boolean, OUT pid int, OUT backend_start timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    key bigint := hashtextextended('lethe ' || current_schema() || '/' || p_name, 0);
BEGIN
    PERFORM pg_terminate_backend(a.pid, 2000)
    FROM pg_stat_activity a
    WHERE a.pid <> pg_backend_pid()
      AND (a.pid = p_pid AND a.backend_start = p_start
           OR p_newest AND a.pid IN (SELECT l.pid FROM pg_locks l
                                     WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
                                       AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                                       AND (l.classid::bigint << 32 | l.objid::bigint) = key));
    held := pg_try_advisory_lock(key);
    SELECT a.pid, a.backend_start INTO name_take.pid, name_take.backend_start
    FROM pg_stat_activity a WHERE a.pid = pg_backend_pid();
END $$;

-- What this service has seen, by event alone: a repeat of another day is a repeat. seen_on is for its end.
CREATE TABLE inbox (
    event   bytea PRIMARY KEY,
    seen_on date NOT NULL DEFAULT current_date
);
CREATE INDEX inbox_by_day ON inbox USING brin (seen_on) WITH (pages_per_range = 32, autosummarize = on);
GRANT SELECT, INSERT, DELETE ON inbox TO {role};

-- Raised after a restore, so that what comes after it wins over what others kept from a future that is gone.
CREATE TABLE incarnation (
    one       boolean PRIMARY KEY DEFAULT true CHECK (one),
    value     bigint NOT NULL,
    suspected timestamptz -- since when an offset of ours lies outside its log: PostgreSQL or Kafka was restored
);
INSERT INTO incarnation (value) VALUES (1);
GRANT SELECT, UPDATE ON incarnation TO {role};

-- The revision that follows `current` (NULL: a new row's first).
CREATE FUNCTION next_revision(current bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN greatest(coalesce(current, 0) + 1, (SELECT value << 40 FROM incarnation));
END $$;

-- A resync that is wanted, and how far it has come; no row where none is.
CREATE TABLE resync (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    after uuid,
    pages bigint NOT NULL DEFAULT 0,
    since timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON resync TO {role};

-- The policies that have been in force; the newest row is followed by every replica.
CREATE TABLE policy_row (
    version bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest  bytea NOT NULL,
    text    text NOT NULL,
    since   timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON policy_row TO {role};

-- How far this schema has come in the ledger outside the databases. beat rises for ever, and a copy of it lies beside the
-- ledger: a schema whose beat is below its copy was set back, whatever tool did it.
CREATE TABLE ledger_mark (
    one    boolean PRIMARY KEY DEFAULT true CHECK (one),
    number bigint NOT NULL DEFAULT -1,
    place  bigint NOT NULL DEFAULT 0,
    hash   bytea  NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (octet_length(hash) = 32),
    beat   bigint NOT NULL DEFAULT 0,
    restored_at timestamptz -- when it was last found to have been set back
);
INSERT INTO ledger_mark DEFAULT VALUES;
GRANT SELECT, UPDATE ON ledger_mark TO {role};

-- Orders of the ledger that this schema was behind and has done again. Ids alone: `lethe-backup report` signs them.
CREATE TABLE ledger_replay (
    number   bigint PRIMARY KEY,
    type     text        NOT NULL,
    request  uuid,
    rows     bigint,                 -- that went; NULL: the order deletes nothing by itself
    began_at timestamptz NOT NULL DEFAULT now(),
    done_at  timestamptz             -- the count after it was zero
);
CREATE INDEX ledger_replay_open ON ledger_replay (request) WHERE done_at IS NULL;
GRANT SELECT, INSERT, UPDATE ON ledger_replay TO {role};
