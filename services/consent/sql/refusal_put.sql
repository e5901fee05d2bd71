WITH who AS (
    SELECT k.person FROM person_key k WHERE k.hash = ANY ($1::bytea[])
    UNION SELECT r.person FROM person_record r WHERE r.record = $2::uuid),
source AS (
    SELECT $2::uuid AS record WHERE $2::uuid IS NOT NULL
    UNION SELECT r.record FROM who JOIN person_record r USING (person)),
reached AS (
    SELECT 1 AS scope, hash AS subject FROM unnest($1::bytea[]) AS t(hash)
    UNION SELECT 1, a.email_key FROM source JOIN address_source s ON s.vault = source.record JOIN address a ON a.id = s.address
    UNION SELECT 2, uuid_send($2::uuid) WHERE $2::uuid IS NOT NULL
    UNION SELECT 3, uuid_send(person) FROM who)
INSERT INTO refusal AS r (scope, subject, channel, purpose, kind, position, at)
SELECT scope, subject, $3::text, $4::text, $5::int4, $6::int8, $7::timestamptz FROM reached ORDER BY scope, subject
    ON CONFLICT (scope, subject, channel, purpose, kind) DO UPDATE
   SET position = greatest(r.position, excluded.position), at = greatest(r.at, excluded.at)
