-- The keyring: wrapped keys, one a sealed row of the vault, and the epochs of the keys that wrap them. A KEK itself is
-- a file outside every database; `proof` is a known text under it, so that a wrong file is noticed.
-- current: new keys are wrapped by it; retiring: its keys are being rewrapped; destroying: it wraps nothing any more and
-- its file, and its copy in the escrow, are being destroyed. The dates of a plan only ever come nearer: certificates
-- have named destroy_by.
CREATE TABLE keyring.kek (
    epoch        integer PRIMARY KEY,
    state        text        NOT NULL CHECK (state IN ('current', 'retiring', 'destroying', 'destroyed')),
    proof        bytea       NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    rotate_at    timestamptz,
    destroy_by   timestamptz,
    retired_at   timestamptz,
    emptied_at   timestamptz,
    escrowed_at  timestamptz, -- since when a copy lies in the escrow; NULL: there is none
    ack          text,        -- who destroyed it says so, in a line
    escrow_ack   text,
    destroyed_at timestamptz  -- both
);
CREATE UNIQUE INDEX kek_current ON keyring.kek (state) WHERE state = 'current';
CREATE UNIQUE INDEX kek_ending ON keyring.kek ((true)) WHERE state IN ('retiring', 'destroying');

-- How far the rewrap has come, and what operators want of it. One row.
CREATE TABLE keyring.rotation (
    only_one   boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    wanted     boolean     NOT NULL DEFAULT false, -- a rotation before its time
    paused     boolean     NOT NULL DEFAULT false,
    reached    uuid,                               -- the last key that was looked at
    rewrapped  bigint      NOT NULL DEFAULT 0,     -- since the epoch retired
    unreadable bigint      NOT NULL DEFAULT 0      -- keys that their KEK doesn't open: they keep it from being destroyed
);
INSERT INTO keyring.rotation DEFAULT VALUES;

CREATE TABLE keyring.key (
    key_id    uuid PRIMARY KEY,
    kek_epoch integer     NOT NULL,
    wrapped   bytea       NOT NULL,
    made_by   text        NOT NULL,
    made_at   timestamptz NOT NULL DEFAULT now()
);

-- oldest: those before it wrap nothing any more.
CREATE FUNCTION keyring.current_v1() RETURNS TABLE (epoch integer, proof bytea, oldest integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
    SELECT k.epoch, k.proof, (SELECT min(o.epoch) FROM kek AS o WHERE o.state IN ('current', 'retiring'))
      FROM kek AS k WHERE k.state = 'current'
$$;

CREATE FUNCTION keyring.epoch_v1(wanted integer) RETURNS TABLE (state text, proof bytea, oldest integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
    SELECT k.state, k.proof, (SELECT min(o.epoch) FROM kek AS o WHERE o.state IN ('current', 'retiring'))
      FROM kek AS k WHERE k.epoch = wanted
$$;

-- Keys for ids that have none yet; how many were written, or -1 where the epoch is no longer the current one. The lock
-- keeps a rotation from retiring the epoch while keys under it are being written. What was there already counts as made
-- now: somebody is about to use it, so that the sweep must leave it alone. Row locks alone would let writers who take turns
-- keep a rotation out for ever: whoever waits for the advisory lock is before whoever comes later.
CREATE FUNCTION keyring.put_v1(under integer, ids uuid[], wrapped bytea[], maker text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
DECLARE
    n integer;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('keyring.kek'));
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

-- A page of all keys in the order of their ids, for the sweep of orphans: whoever made them.
CREATE FUNCTION keyring.page_v1(older_than timestamptz, after uuid, most integer)
RETURNS TABLE (key_id uuid, old boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
    SELECT k.key_id, k.made_at < older_than
      FROM key AS k
     WHERE k.key_id > coalesce(after, '00000000-0000-0000-0000-000000000000') -- an OR would read from the first one, each time
     ORDER BY k.key_id
     LIMIT most
$$;

-- Orphans that the page showed, unless somebody has come to use them since.
CREATE FUNCTION keyring.sweep_v1(older_than timestamptz, ids uuid[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
DECLARE
    n bigint;
BEGIN
    DELETE FROM key AS k WHERE k.key_id = ANY (ids) AND k.made_at < older_than;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END
$$;

-- ---- epochs end: intake alone ----------------------------------------------------------------------------------------

CREATE FUNCTION keyring.rotation_v1()
RETURNS TABLE (current integer, created_at timestamptz, rotate_at timestamptz, destroy_by timestamptz, escrowed boolean,
               ending integer, ending_state text, ending_by timestamptz, ending_escrowed boolean, ack text,
               escrow_ack text, wanted boolean, paused boolean, reached uuid, rewrapped bigint, unreadable bigint,
               newest integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
    SELECT c.epoch, c.created_at, c.rotate_at, c.destroy_by, c.escrowed_at IS NOT NULL,
           e.epoch, e.state, e.destroy_by, e.escrowed_at IS NOT NULL, e.ack, e.escrow_ack,
           r.wanted, r.paused, r.reached, r.rewrapped, r.unreadable, (SELECT max(k.epoch) FROM kek AS k)
      FROM rotation AS r
      LEFT JOIN kek AS c ON c.state = 'current'
      LEFT JOIN kek AS e ON e.state IN ('retiring', 'destroying')
$$;

-- When the current epoch shall end. A date that stands comes nearer and never moves away.
CREATE FUNCTION keyring.plan_v1(under integer, rotate timestamptz, by timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
    UPDATE kek AS k SET rotate_at = least(k.rotate_at, rotate), destroy_by = least(k.destroy_by, by)
     WHERE k.epoch = under AND k.state = 'current' AND
           (k.rotate_at IS DISTINCT FROM least(k.rotate_at, rotate) OR
            k.destroy_by IS DISTINCT FROM least(k.destroy_by, by))
$$;

CREATE FUNCTION keyring.escrowed_v1(under integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
    UPDATE kek AS k SET escrowed_at = now() WHERE k.epoch = under AND k.escrowed_at IS NULL
$$;

-- The new epoch is current, the old one retires: whoever writes keys under it has committed before this returns, and
-- nobody does after. False where another process was quicker.
CREATE FUNCTION keyring.rotate_v1(old integer, fresh integer, fresh_proof bytea, rotate timestamptz, by timestamptz,
                                  escrowed boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('keyring.kek'));
    PERFORM FROM kek AS k WHERE k.epoch = old AND k.state = 'current' FOR UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM kek AS k WHERE k.state IN ('retiring', 'destroying')) THEN
        RETURN false;
    END IF;
    UPDATE kek SET state = 'retiring', retired_at = now() WHERE epoch = old;
    INSERT INTO kek (epoch, state, proof, rotate_at, destroy_by, escrowed_at)
    VALUES (fresh, 'current', fresh_proof, rotate, by, CASE WHEN escrowed THEN now() END);
    UPDATE rotation SET wanted = false, reached = NULL, rewrapped = 0, unreadable = 0;
    RETURN true;
END
$$;

CREATE FUNCTION keyring.rewrap_page_v1(old integer, after uuid, most integer)
RETURNS TABLE (key_id uuid, wrapped bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
    SELECT k.key_id, k.wrapped FROM key AS k
     WHERE k.kek_epoch = old AND k.key_id > coalesce(after, '00000000-0000-0000-0000-000000000000')
     ORDER BY k.key_id
     LIMIT most
$$;

-- Keys under another KEK. One that was destroyed meanwhile stays destroyed; one that another process has rewrapped stays as it
-- is. It waits for nobody long: a forget that deletes several keys in another order would else meet it in a deadlock.
CREATE FUNCTION keyring.rewrap_put_v1(old integer, fresh integer, ids uuid[], wrapped bytea[], upto uuid,
                                      failed bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = keyring, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM FROM kek AS k WHERE k.epoch = fresh AND k.state = 'current' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the epoch % is not the current one', fresh USING ERRCODE = '40001';
    END IF;
    UPDATE key AS k SET kek_epoch = fresh, wrapped = u.wrapped
      FROM unnest(ids, rewrap_put_v1.wrapped) AS u(key_id, wrapped)
     WHERE k.key_id = u.key_id AND k.kek_epoch = old;
    GET DIAGNOSTICS n = ROW_COUNT;
    UPDATE rotation SET reached = upto, rewrapped = rewrapped + n, unreadable = unreadable + failed;
    RETURN n::text;
END
$$;

-- How many keys are left under the old KEK. None: it may be destroyed from now on. Else the next pass begins anew.
CREATE FUNCTION keyring.retire_v1(old integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM FROM kek AS k WHERE k.epoch = old AND k.state = 'retiring' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN -1;
    END IF;
    SELECT count(*) INTO n FROM key AS k WHERE k.kek_epoch = old;
    IF n = 0 THEN
        UPDATE kek SET state = 'destroying', emptied_at = now() WHERE epoch = old;
    END IF;
    UPDATE rotation SET reached = NULL;
    RETURN n;
END
$$;

-- What was said of its destruction; NULL: nothing yet. It is destroyed once both have been, or there was no copy.
CREATE FUNCTION keyring.acknowledge_v1(old integer, said text, escrow_said text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
DECLARE
    gone boolean;
BEGIN
    UPDATE kek AS k
       SET ack = coalesce(k.ack, said), escrow_ack = coalesce(k.escrow_ack, escrow_said)
     WHERE k.epoch = old AND k.state = 'destroying';
    UPDATE kek AS k
       SET state = 'destroyed', destroyed_at = now()
     WHERE k.epoch = old AND k.state = 'destroying' AND k.ack IS NOT NULL AND
           (k.escrowed_at IS NULL OR k.escrow_ack IS NOT NULL)
    RETURNING true INTO gone;
    RETURN coalesce(gone, false);
END
$$;

CREATE FUNCTION keyring.want_v1(rotation_wanted boolean, rotation_paused boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
    UPDATE rotation SET wanted = coalesce(rotation_wanted, wanted), paused = coalesce(rotation_paused, paused)
$$;

CREATE FUNCTION keyring.epochs_v1()
RETURNS TABLE (epoch integer, state text, created_at timestamptz, rotate_at timestamptz, destroy_by timestamptz,
               retired_at timestamptz, emptied_at timestamptz, escrowed_at timestamptz, ack text, escrow_ack text,
               destroyed_at timestamptz, keys bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
    SELECT e.epoch, e.state, e.created_at, e.rotate_at, e.destroy_by, e.retired_at, e.emptied_at, e.escrowed_at, e.ack,
           e.escrow_ack, e.destroyed_at, coalesce(k.n, 0)
      FROM kek AS e
      LEFT JOIN (SELECT kek_epoch, count(*) AS n FROM key GROUP BY kek_epoch) AS k ON k.kek_epoch = e.epoch
     ORDER BY e.epoch DESC
     LIMIT 60
$$;

-- ---- until when copies of the keyring can be read ---------------------------------------------------------------------

-- A key that was destroyed at that time was wrapped by the newest epoch of then, or by one that was ending. late: an epoch
-- is past its date: nothing can be promised before it has ended.
CREATE FUNCTION keyring.dark_by_v1(at timestamptz) RETURNS TABLE (epoch integer, dark_by timestamptz, late boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = keyring, pg_temp AS $$
    SELECT max(k.epoch), max(coalesce(k.destroyed_at, k.destroy_by)),
           coalesce(bool_or(k.destroyed_at IS NULL AND (k.destroy_by IS NULL OR k.destroy_by < now())), true)
      FROM kek AS k
     WHERE k.created_at <= at + interval '1 minute' AND coalesce(k.destroyed_at, 'infinity') > at - interval '1 hour'
$$;

REVOKE ALL ON ALL TABLES IN SCHEMA keyring FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA keyring FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keyring.current_v1(), keyring.epoch_v1(integer), keyring.find_v1(uuid[]),
                          keyring.count_v1(uuid[])
   TO lethe_intake, lethe_consent, lethe_mailer, lethe_erasure;
GRANT EXECUTE ON FUNCTION keyring.put_v1(integer, uuid[], bytea[], text),
                          keyring.put_all_v1(integer, uuid[], bytea[], text), keyring.destroy_v1(uuid[])
   TO lethe_intake, lethe_consent, lethe_mailer, lethe_erasure;
GRANT EXECUTE ON FUNCTION keyring.page_v1(timestamptz, uuid, integer), keyring.sweep_v1(timestamptz, uuid[]),
                          keyring.rotation_v1(), keyring.plan_v1(integer, timestamptz, timestamptz),
                          keyring.escrowed_v1(integer),
                          keyring.rotate_v1(integer, integer, bytea, timestamptz, timestamptz, boolean),
                          keyring.rewrap_page_v1(integer, uuid, integer),
                          keyring.rewrap_put_v1(integer, integer, uuid[], bytea[], uuid, bigint),
                          keyring.retire_v1(integer), keyring.acknowledge_v1(integer, text, text),
                          keyring.want_v1(boolean, boolean), keyring.epochs_v1() TO lethe_intake;
GRANT EXECUTE ON FUNCTION keyring.dark_by_v1(timestamptz) TO lethe_erasure, lethe_backup;
GRANT EXECUTE ON FUNCTION keyring.current_v1(), keyring.epoch_v1(integer), keyring.find_v1(uuid[]) TO lethe_dedupe;
GRANT EXECUTE ON FUNCTION keyring.current_v1(), keyring.epoch_v1(integer) TO lethe_backup;
