-- The keyring: wrapped keys, one a sealed row of the vault, and the epochs of the keys that wrap them. A KEK itself is
-- a file outside every database; `proof` is a known text under it, so that a wrong file is noticed.
CREATE TABLE keyring.kek (
    epoch      integer PRIMARY KEY,
    state      text        NOT NULL CHECK (state IN ('current', 'retiring', 'destroyed')),
    proof      bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz
);
CREATE UNIQUE INDEX kek_current ON keyring.kek (state) WHERE state = 'current';

CREATE TABLE keyring.key (
    key_id    uuid PRIMARY KEY,
    kek_epoch integer     NOT NULL,
    wrapped   bytea       NOT NULL,
    made_by   text        NOT NULL,
    made_at   timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION keyring.current_v1() RETURNS TABLE (epoch integer, proof bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
    SELECT k.epoch, k.proof FROM kek AS k WHERE k.state = 'current'
$$;

CREATE FUNCTION keyring.epoch_v1(wanted integer) RETURNS TABLE (state text, proof bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
    SELECT k.state, k.proof FROM kek AS k WHERE k.epoch = wanted
$$;

-- Keys for ids that have none yet; how many were written, or -1 where the epoch is no longer the current one. The lock
-- keeps a rotation from retiring the epoch while keys under it are being written. What was there already counts as made
-- now: somebody is about to use it, so that the sweep must leave it alone.
CREATE FUNCTION keyring.put_v1(under integer, ids uuid[], wrapped bytea[], maker text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
DECLARE
    n integer;
BEGIN
    PERFORM FROM kek AS k WHERE k.epoch = under AND k.state = 'current' FOR SHARE;
    IF NOT FOUND THEN
        RETURN -1;
    END IF;
    INSERT INTO key (key_id, kek_epoch, wrapped, made_by)
    SELECT u.key_id, under, u.wrapped, maker FROM unnest(ids, put_v1.wrapped) AS u(key_id, wrapped)
        ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n < cardinality(ids) THEN
        UPDATE key AS k SET made_at = clock_timestamp() WHERE k.key_id = ANY (ids) AND k.made_at < now();
    END IF;
    RETURN n;
END
$$;

-- The same, all or nothing: LT003 where an id has a key already or the epoch has changed. For writers who go on with
-- their work while the keys are being committed, and do it again where they guessed wrong.
CREATE FUNCTION keyring.put_all_v1(under integer, ids uuid[], wrapped bytea[], maker text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
BEGIN
    IF put_v1(under, ids, wrapped, maker) <> cardinality(ids) THEN
        RAISE EXCEPTION 'some of these keys are there already' USING ERRCODE = 'LT003';
    END IF;
END
$$;

CREATE FUNCTION keyring.find_v1(ids uuid[]) RETURNS TABLE (n integer, kek_epoch integer, wrapped bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT u.n::integer, k.kek_epoch, k.wrapped
          FROM unnest(ids) WITH ORDINALITY AS u(key_id, n)
          JOIN key AS k ON k.key_id = u.key_id;
END
$$;

CREATE FUNCTION keyring.destroy_v1(ids uuid[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
DECLARE
    n bigint;
BEGIN
    DELETE FROM key AS k WHERE k.key_id = ANY (ids);
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END
$$;

CREATE FUNCTION keyring.count_v1(ids uuid[]) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
BEGIN
    RETURN (SELECT count(*) FROM key AS k WHERE k.key_id = ANY (ids));
END
$$;

-- A page of one maker's older keys in the order of their ids, for the sweep of orphans.
CREATE FUNCTION keyring.page_v1(maker text, older_than timestamptz, after uuid, most integer)
RETURNS TABLE (key_id uuid, old boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
    SELECT k.key_id, k.made_by = maker AND k.made_at < older_than
      FROM key AS k
     WHERE k.key_id > coalesce(after, '00000000-0000-0000-0000-000000000000') -- an OR would read from the first one, each time
     ORDER BY k.key_id
     LIMIT most
$$;

-- Orphans that the page showed, unless somebody has come to use them since.
CREATE FUNCTION keyring.sweep_v1(maker text, older_than timestamptz, ids uuid[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
DECLARE
    n bigint;
BEGIN
    DELETE FROM key AS k WHERE k.key_id = ANY (ids) AND k.made_by = maker AND k.made_at < older_than;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END
$$;

REVOKE ALL ON ALL TABLES IN SCHEMA keyring FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA keyring FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keyring.current_v1(), keyring.epoch_v1(integer), keyring.find_v1(uuid[]),
                          keyring.count_v1(uuid[])
   TO lethe_intake, lethe_consent, lethe_mailer, lethe_erasure;
GRANT EXECUTE ON FUNCTION keyring.put_v1(integer, uuid[], bytea[], text),
                          keyring.put_all_v1(integer, uuid[], bytea[], text), keyring.destroy_v1(uuid[])
   TO lethe_intake, lethe_consent, lethe_mailer, lethe_erasure;
GRANT EXECUTE ON FUNCTION keyring.page_v1(text, timestamptz, uuid, integer),
                          keyring.sweep_v1(text, timestamptz, uuid[]) TO lethe_intake;
GRANT EXECUTE ON FUNCTION keyring.current_v1(), keyring.epoch_v1(integer) TO lethe_backup;
