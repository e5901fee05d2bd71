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
DECLARE
    moved int;
BEGIN
    UPDATE koff SET next = m.next
    FROM unnest(p_topics, p_parts, p_expected, p_next, p_epochs) AS m (topic, part, expected, next, epoch)
    WHERE koff.topic = m.topic AND koff.part = m.part AND koff.epoch = m.epoch AND koff.next = m.expected;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> cardinality(p_topics) THEN
        RAISE EXCEPTION 'another owner has this partition' USING ERRCODE = 'LT001';
    END IF;
END $$;

-- What this service has seen: told by event, a partition a day; other days lie in the default partition.
CREATE TABLE inbox (
    day   date NOT NULL,
    event bytea NOT NULL,
    PRIMARY KEY (day, event)
) PARTITION BY RANGE (day);
CREATE TABLE inbox_other PARTITION OF inbox DEFAULT;
GRANT SELECT, INSERT, DELETE ON inbox, inbox_other TO {role};

-- Makes the partitions of the days around now, drops those older than `keep` days.
CREATE FUNCTION inbox_days(keep int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = {schema}, pg_catalog AS $$
DECLARE
    d date;
    name text;
    made int := 0;
BEGIN
    FOR d IN SELECT g::date FROM generate_series(current_date - 1, current_date + 2, interval '1 day') g LOOP
        name := 'inbox_' || to_char(d, 'YYYYMMDD');
        IF to_regclass(name) IS NULL AND NOT EXISTS (SELECT 1 FROM inbox_other WHERE day = d) THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF inbox FOR VALUES FROM (%L) TO (%L)', name, d, d + 1);
            EXECUTE format('GRANT SELECT, INSERT, DELETE ON %I TO {role}', name);
            made := made + 1;
        END IF;
    END LOOP;
    FOR name IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'inbox'::regclass AND c.relname ~ '^inbox_\d{8}$'
                  AND to_date(right(c.relname, 8), 'YYYYMMDD') < current_date - keep LOOP
        EXECUTE format('DROP TABLE %I', name);
    END LOOP;
    DELETE FROM inbox_other WHERE day < current_date - keep;
    RETURN made;
END $$;
SELECT inbox_days(60);

-- Raised after a restore, so that what comes after it wins over what others kept from a future that is gone.
CREATE TABLE incarnation (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    value bigint NOT NULL
);
INSERT INTO incarnation (value) VALUES (1);
GRANT SELECT, UPDATE ON incarnation TO {role};

-- The revision that follows `current` (NULL: a new row's first).
CREATE FUNCTION next_revision(current bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT greatest(coalesce(current, 0) + 1, (SELECT value << 40 FROM incarnation))
$$;

-- The policies that have been in force; the newest row is followed by every replica.
CREATE TABLE policy_row (
    version bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest  bytea NOT NULL,
    text    text NOT NULL,
    since   timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON policy_row TO {role};
