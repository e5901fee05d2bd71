WITH ledger_gone AS (
    SELECT ledger_erase(ARRAY(
        SELECT l.position FROM ledger l
         WHERE l.address = ANY ($1::uuid[]) OR l.record = ANY ($2::uuid[])
            OR (NOT $5::bool AND (l.subject_key = ANY ($4::bytea[])
                                  OR (l.address IS NULL AND l.person = ANY ($3::uuid[])))))) AS n),
addresses AS (DELETE FROM address WHERE id = ANY ($1::uuid[]) RETURNING 1),
sources AS (DELETE FROM address_source WHERE vault = ANY ($2::uuid[]) AND address <> ALL ($1::uuid[]) RETURNING 1),
vaults AS (UPDATE address SET vault = NULL WHERE vault = ANY ($2::uuid[]) AND id <> ALL ($1::uuid[]) RETURNING 1),
spellings AS (
    SELECT a.email_key AS key FROM address a WHERE a.id = ANY ($1::uuid[]) AND NOT $5::bool
    UNION
    SELECT a.wide_key FROM address a
     WHERE a.id = ANY ($1::uuid[]) AND NOT $5::bool
       AND NOT EXISTS (SELECT FROM address o WHERE o.wide_key = a.wide_key AND o.id <> ALL ($1::uuid[]))),
refusals AS (
    DELETE FROM refusal
     WHERE (scope = 1 AND NOT $5::bool AND (subject = ANY ($4::bytea[]) OR subject IN (SELECT key FROM spellings)))
        OR (scope = 2 AND subject IN (SELECT uuid_send(t.id) FROM unnest($2::uuid[]) AS t(id)))
        OR (scope = 3 AND subject IN (SELECT uuid_send(t.id) FROM unnest($3::uuid[]) AS t(id)))
    RETURNING 1),
records AS (DELETE FROM person_record WHERE record = ANY ($2::uuid[]) AND person <> ALL ($3::uuid[]) RETURNING 1),
keys AS (
    DELETE FROM person_key
     WHERE NOT $5::bool AND hash = ANY ($4::bytea[]) AND person <> ALL ($3::uuid[])
    RETURNING 1),
doomed_gone AS (
    DELETE FROM doomed
     WHERE record = ANY ($2::uuid[]) OR (NOT $5::bool AND email_key = ANY ($4::bytea[]))
    RETURNING 1),
asks AS (DELETE FROM data_ask WHERE NOT $5::bool AND email_key = ANY ($4::bytea[]) RETURNING 1),
links AS (
    DELETE FROM data_token
     WHERE (NOT $5::bool AND email_key = ANY ($4::bytea[])) OR vault = ANY ($2::uuid[]) OR person = ANY ($3::uuid[])
    RETURNING 1),
heirs AS (
    DELETE FROM person_heir
     WHERE NOT $5::bool AND (person = ANY ($3::uuid[]) OR heir = ANY ($3::uuid[]))
    RETURNING 1),
persons AS (DELETE FROM person WHERE id = ANY ($3::uuid[]) RETURNING 1)
SELECT (SELECT n FROM ledger_gone) + (SELECT count(*) FROM addresses) + (SELECT count(*) FROM sources)
     + (SELECT count(*) FROM refusals) + (SELECT count(*) FROM records) + (SELECT count(*) FROM keys)
     + (SELECT count(*) FROM persons) + (SELECT count(*) FROM doomed_gone) + (SELECT count(*) FROM heirs)
     + (SELECT count(*) FROM asks) + (SELECT count(*) FROM links) + (SELECT 0 * count(*) FROM vaults)
