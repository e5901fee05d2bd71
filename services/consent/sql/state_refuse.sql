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
    UNION SELECT s.address FROM source JOIN address_source s ON s.vault = source.record),
held AS (
    SELECT s.address, s.channel, s.purpose
      FROM state s JOIN near ON near.id = s.address
     WHERE s.channel = $3::text AND ($4::text = '' OR s.purpose = $4::text) AND s.state IN (0, 1, 2)
     ORDER BY s.address, s.channel, s.purpose
       FOR UPDATE OF s),
put AS (
    UPDATE state s
       SET rev = next_revision(s.rev), state = $5::int4, position = $6::int8,
           at = $7::timestamptz, recorded_at = $8::timestamptz, source = $9::text, asked_position = NULL, asked_at = NULL
      FROM held h
     WHERE (s.address, s.channel, s.purpose) = (h.address, h.channel, h.purpose)
    RETURNING s.*)
SELECT p.address, p.rev, a.email_key, a.wide_key,
       (SELECT k.person FROM person_key k WHERE k.hash = a.email_key ORDER BY k.person LIMIT 1),
       p.channel, p.purpose, p.state, p.statement, p.at, p.position, a.vault
  FROM put p JOIN address a ON a.id = p.address
