WITH who AS (
    SELECT k.person FROM person_key k WHERE k.hash = ANY ($1::bytea[])
    UNION SELECT r.person FROM person_record r WHERE r.record = $2::uuid),
source AS (
    SELECT $2::uuid AS record WHERE $2::uuid IS NOT NULL
    UNION SELECT r.record FROM who JOIN person_record r USING (person)),
near AS (
    SELECT a.id FROM address a WHERE a.email_key = ANY ($1::bytea[]) OR a.wide_key = ANY ($1::bytea[])
    UNION SELECT a.id FROM who JOIN person_key k USING (person) JOIN address a ON a.email_key = k.hash
    UNION SELECT a.id FROM who JOIN person_key k USING (person) JOIN address a ON a.wide_key = k.hash
    UNION SELECT s.address FROM source JOIN address_source s ON s.vault = source.record)
SELECT a.id
  FROM address a JOIN near USING (id)
 ORDER BY a.id
   FOR UPDATE OF a
