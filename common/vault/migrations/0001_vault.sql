-- The vault: the one place of personal data, each row sealed under a key that lies elsewhere. Nobody reads the tables:
-- services call the functions below, and whatever hands out sealed rows writes one audit row a call.

-- A contact record. What is in clear: ids, keyed hashes, names of the policy, versions and times.
CREATE TABLE vault.record (
    record_id         uuid PRIMARY KEY,
    sealed            bytea       NOT NULL,
    source_key        bytea       NOT NULL CHECK (octet_length(source_key) = 16),
    email_key         bytea,
    email_wide_key    bytea,
    phone_key         bytea,
    phone_surname_key bytea,
    system            text        NOT NULL,
    category          text        NOT NULL,
    version_kind      smallint    NOT NULL, -- enum version_kind of common/event
    version_value     bigint      NOT NULL, -- the newest seen
    full_value        bigint,               -- the newest full one; NULL: patches alone came so far
    rev               bigint      NOT NULL,
    act               smallint    NOT NULL,
    captured_at       timestamptz NOT NULL,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    policy_version    bigint      NOT NULL,
    restricted        boolean     NOT NULL DEFAULT false
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX record_source ON vault.record (source_key);
CREATE INDEX record_email ON vault.record (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX record_phone ON vault.record (phone_key) WHERE phone_key IS NOT NULL;

-- Everything else that is sealed. owner groups: an activity's content for its parts, a request for its notes.
CREATE TABLE vault.item (
    item_id    uuid PRIMARY KEY,
    owner      uuid,
    kind       smallint    NOT NULL, -- enum vault_kind of common/vault
    sealed     bytea       NOT NULL,
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX item_owner ON vault.item (owner) WHERE owner IS NOT NULL;
CREATE INDEX item_expiry ON vault.item (expires_at) WHERE expires_at IS NOT NULL;

-- Who had sealed rows handed out. ids stand there where an operator looked, or where the call named few.
CREATE TABLE vault.audit (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    role     text        NOT NULL,
    reason   text        NOT NULL,
    actor    uuid,
    asked    integer     NOT NULL,
    found    integer     NOT NULL,
    ids      uuid[]
);
CREATE INDEX audit_actor ON vault.audit (actor, at) WHERE actor IS NOT NULL;

CREATE FUNCTION vault.audit_v1(reason text, actor uuid, ids uuid[], found integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = vault, pg_temp AS $$
    INSERT INTO audit (role, reason, actor, asked, found, ids)
    VALUES (session_user, reason, actor, coalesce(cardinality(ids), 0), found,
            CASE WHEN actor IS NOT NULL OR cardinality(ids) <= 16 THEN ids END)
$$;

-- ---- everybody who opens -------------------------------------------------------------------------------------------

-- Sealed rows of records and items. A restricted record comes out for reason 'request' alone.
CREATE FUNCTION vault.open_v1(ids uuid[], reason text, actor uuid)
RETURNS TABLE (id uuid, sealed bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
    n integer;
BEGIN
    RETURN QUERY
        SELECT r.record_id, r.sealed FROM record AS r
         WHERE r.record_id = ANY (ids) AND (NOT r.restricted OR open_v1.reason = 'request')
        UNION ALL
        SELECT i.item_id, i.sealed FROM item AS i WHERE i.item_id = ANY (ids);
    GET DIAGNOSTICS n = ROW_COUNT;
    PERFORM audit_v1(open_v1.reason, open_v1.actor, open_v1.ids, n);
END
$$;

-- ---- items ---------------------------------------------------------------------------------------------------------

-- Kinds 1, 2 and 7 (an activity's content, its parts, the quarantine) are intake's own.
CREATE FUNCTION vault.kinds_check_v1(kinds integer[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vault, pg_temp AS $$
BEGIN
    IF session_user <> 'lethe_intake' AND kinds && ARRAY[0, 1, 2, 7] THEN
        RAISE EXCEPTION 'this kind of item is not % to write', session_user USING ERRCODE = 'LT002';
    END IF;
END
$$;

CREATE FUNCTION vault.put_v1(ids uuid[], owners uuid[], kinds integer[], sealed bytea[], expires timestamptz[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vault, pg_temp AS $$
BEGIN
    PERFORM kinds_check_v1(kinds);
    INSERT INTO item AS i (item_id, owner, kind, sealed, expires_at)
    SELECT u.item_id, u.owner, u.kind, u.sealed, u.expires_at
      FROM unnest(ids, owners, kinds, put_v1.sealed, expires) AS u(item_id, owner, kind, sealed, expires_at)
     ORDER BY u.item_id
        ON CONFLICT (item_id) DO UPDATE
       SET sealed = excluded.sealed, owner = excluded.owner, expires_at = excluded.expires_at
     WHERE i.kind = excluded.kind;
END
$$;

CREATE FUNCTION vault.delete_v1(ids uuid[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
    n bigint;
BEGIN
    DELETE FROM item AS i
     WHERE i.item_id = ANY (ids) AND (session_user = 'lethe_intake' OR i.kind NOT IN (1, 2, 7));
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END
$$;

-- How many of the ids still have a row: the second look.
CREATE FUNCTION vault.count_v1(ids uuid[]) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
BEGIN
    RETURN (SELECT count(*) FROM record AS r WHERE r.record_id = ANY (ids)) +
           (SELECT count(*) FROM item AS i WHERE i.item_id = ANY (ids));
END
$$;

-- ---- records: intake alone -----------------------------------------------------------------------------------------

-- What a batch must know of the records that its events name; sealed only where asked for (a patch merges).
CREATE FUNCTION vault.records_find_v1(source_keys bytea[], sealed_wanted boolean[])
RETURNS TABLE (n integer, record_id uuid, version_kind smallint, version_value bigint, full_value bigint, rev bigint,
               category text, restricted boolean, created_at timestamptz, sealed bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vault, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT u.n::integer, r.record_id, r.version_kind, r.version_value, r.full_value, r.rev, r.category,
               r.restricted, r.created_at, CASE WHEN u.wanted THEN r.sealed END
          FROM unnest(records_find_v1.source_keys, records_find_v1.sealed_wanted)
               WITH ORDINALITY AS u(source_key, wanted, n)
          JOIN record AS r ON r.source_key = u.source_key;
    IF true = ANY (records_find_v1.sealed_wanted) THEN
        PERFORM audit_v1('merge', NULL, NULL, cardinality(array_positions(records_find_v1.sealed_wanted, true)));
    END IF;
END
$$;

-- New records, and new states of old ones. expected is the revision that the caller read: the lowest bigint for a new
-- record; full_values likewise where there is none. Where another transaction was quicker, nothing is written: the batch
-- runs again.
CREATE FUNCTION vault.records_put_v1(
    record_ids uuid[], sealed bytea[], source_keys bytea[], email_keys bytea[], email_wide_keys bytea[],
    phone_keys bytea[], phone_surname_keys bytea[], systems text[], categories text[], version_kinds integer[],
    version_values bigint[], full_values bigint[], revs bigint[], acts integer[], captured timestamptz[],
    policy_versions bigint[], written_at timestamptz, expected bigint[])
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
    wanted bigint := cardinality(record_ids);
    absent bigint := -9223372036854775808;
    fresh  bigint := coalesce(cardinality(array_positions(expected, absent)), 0);
    n      bigint := 0;
BEGIN
    IF fresh > 0 THEN
        BEGIN
            INSERT INTO record (record_id, sealed, source_key, email_key, email_wide_key, phone_key, phone_surname_key,
                                system, category, version_kind, version_value, full_value, rev, act, captured_at,
                                created_at, updated_at, policy_version)
            SELECT u.record_id, u.sealed, u.source_key, u.email_key, u.email_wide_key, u.phone_key, u.phone_surname_key,
                   u.system, u.category, u.version_kind, u.version_value, nullif(u.full_value, absent), u.rev, u.act,
                   u.captured_at, written_at, written_at, u.policy_version
              FROM unnest(record_ids, records_put_v1.sealed, source_keys, email_keys, email_wide_keys, phone_keys,
                          phone_surname_keys, systems, categories, version_kinds, version_values, full_values, revs,
                          acts, captured, policy_versions, expected)
                   AS u(record_id, sealed, source_key, email_key, email_wide_key, phone_key, phone_surname_key,
                        system, category, version_kind, version_value, full_value, rev, act, captured_at,
                        policy_version, expected)
             WHERE u.expected = absent;
        EXCEPTION WHEN unique_violation THEN -- ON CONFLICT would look every row up first
            RAISE EXCEPTION 'another transaction began a record' USING ERRCODE = '40001';
        END;
    END IF;
    IF fresh < wanted THEN
        UPDATE record AS r
           SET sealed = u.sealed, email_key = u.email_key, email_wide_key = u.email_wide_key,
               phone_key = u.phone_key, phone_surname_key = u.phone_surname_key, category = u.category,
               version_kind = u.version_kind, version_value = u.version_value,
               full_value = nullif(u.full_value, absent), rev = u.rev, act = u.act, captured_at = u.captured_at, updated_at = written_at,
               policy_version = u.policy_version
          FROM unnest(record_ids, records_put_v1.sealed, email_keys, email_wide_keys, phone_keys,
                      phone_surname_keys, categories, version_kinds, version_values, full_values, revs, acts,
                      captured, policy_versions, expected)
               AS u(record_id, sealed, email_key, email_wide_key, phone_key, phone_surname_key, category,
                    version_kind, version_value, full_value, rev, act, captured_at, policy_version, expected)
         WHERE r.record_id = u.record_id AND r.rev = u.expected AND NOT r.restricted;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n <> wanted - fresh THEN
            RAISE EXCEPTION 'another transaction changed a record' USING ERRCODE = '40001';
        END IF;
    END IF;
END
$$;

-- Records by id, by source or by address: what a forget must find; and what a record's row says without its fields.
CREATE FUNCTION vault.records_match_v1(ids uuid[], source_keys bytea[], email_keys bytea[], phone_keys bytea[])
RETURNS TABLE (record_id uuid, source_key bytea, email_key bytea, version_kind smallint, version_value bigint,
               rev bigint, restricted boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT DISTINCT ON (r.record_id) r.*
          FROM (SELECT record_id, source_key, email_key, version_kind, version_value, rev, restricted
                  FROM record WHERE record_id = ANY (ids)
                UNION ALL
                SELECT record_id, source_key, email_key, version_kind, version_value, rev, restricted
                  FROM record WHERE source_key = ANY (source_keys)
                UNION ALL
                SELECT record_id, source_key, email_key, version_kind, version_value, rev, restricted
                  FROM record WHERE email_key = ANY (email_keys)
                UNION ALL
                SELECT record_id, source_key, email_key, version_kind, version_value, rev, restricted
                  FROM record WHERE phone_key = ANY (phone_keys)) AS r
         ORDER BY r.record_id;
END
$$;

CREATE FUNCTION vault.records_delete_v1(ids uuid[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
    n bigint;
BEGIN
    DELETE FROM record AS r WHERE r.record_id = ANY (ids);
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END
$$;

CREATE FUNCTION vault.records_restrict_v1(ids uuid[], yes boolean) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
    n bigint;
BEGIN
    UPDATE record AS r SET restricted = yes WHERE r.record_id = ANY (ids) AND r.restricted <> yes;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END
$$;

-- What the rows say without opening them.
CREATE FUNCTION vault.records_look_v1(ids uuid[])
RETURNS TABLE (record_id uuid, system text, category text, version_kind smallint, version_value bigint, act smallint,
               captured_at timestamptz, policy_version bigint, restricted boolean, rev bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
    SELECT r.record_id, r.system, r.category, r.version_kind, r.version_value, r.act, r.captured_at,
           r.policy_version, r.restricted, r.rev
      FROM record AS r WHERE r.record_id = ANY (ids)
$$;

-- What else these records' people may be known by in activities: the source's id, and the address where no other record
-- has it.
CREATE FUNCTION vault.records_keys_v1(ids uuid[])
RETURNS TABLE (record_id uuid, source_key bytea, email_key bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
    SELECT r.record_id, r.source_key,
           CASE WHEN NOT EXISTS (SELECT 1 FROM record AS o
                                  WHERE o.email_key = r.email_key AND o.record_id <> ALL (ids))
                THEN r.email_key END
      FROM record AS r WHERE r.record_id = ANY (ids)
$$;

-- A page of all records in the order of their ids, to announce them again.
CREATE FUNCTION vault.records_page_v1(after uuid, most integer)
RETURNS TABLE (record_id uuid, sealed bytea, source_key bytea, email_key bytea, email_wide_key bytea, phone_key bytea,
               phone_surname_key bytea, system text, category text, rev bigint, act smallint, captured_at timestamptz,
               created_at timestamptz, policy_version bigint, restricted boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vault, pg_temp AS $$
DECLARE
    n integer;
BEGIN
    RETURN QUERY
        SELECT r.record_id, r.sealed, r.source_key, r.email_key, r.email_wide_key, r.phone_key, r.phone_surname_key,
               r.system, r.category, r.rev, r.act, r.captured_at, r.created_at, r.policy_version, r.restricted
          FROM record AS r
         WHERE r.record_id > coalesce(after, '00000000-0000-0000-0000-000000000000')
         ORDER BY r.record_id
         LIMIT most;
    GET DIAGNOSTICS n = ROW_COUNT;
    PERFORM audit_v1('resync', NULL, NULL, n);
END
$$;

-- Which of these ids have no row at all: keys of theirs are orphans.
CREATE FUNCTION vault.missing_v1(ids uuid[]) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
    SELECT u.id FROM unnest(ids) AS u(id)
     WHERE NOT EXISTS (SELECT FROM record AS r WHERE r.record_id = u.id)
       AND NOT EXISTS (SELECT FROM item AS i WHERE i.item_id = u.id)
$$;

-- ---- who may call what ---------------------------------------------------------------------------------------------
REVOKE ALL ON ALL TABLES IN SCHEMA vault FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA vault FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.open_v1(uuid[], text, uuid)
   TO lethe_intake, lethe_dedupe, lethe_consent, lethe_mailer, lethe_erasure; -- consent: what people see of their own data
GRANT EXECUTE ON FUNCTION vault.put_v1(uuid[], uuid[], integer[], bytea[], timestamptz[]), vault.delete_v1(uuid[]),
                          vault.count_v1(uuid[])
   TO lethe_intake, lethe_consent, lethe_mailer, lethe_erasure;
GRANT EXECUTE ON FUNCTION vault.records_find_v1(bytea[], boolean[]),
    vault.records_put_v1(uuid[], bytea[], bytea[], bytea[], bytea[], bytea[], bytea[], text[], text[], integer[],
                         bigint[], bigint[], bigint[], integer[], timestamptz[], bigint[], timestamptz, bigint[]),
    vault.records_match_v1(uuid[], bytea[], bytea[], bytea[]), vault.records_delete_v1(uuid[]),
    vault.records_restrict_v1(uuid[], boolean), vault.records_look_v1(uuid[]), vault.records_keys_v1(uuid[]),
    vault.records_page_v1(uuid, integer),
    vault.missing_v1(uuid[])
   TO lethe_intake;
