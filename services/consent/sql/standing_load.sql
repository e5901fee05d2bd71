WITH item AS (
    SELECT t.i::int4 AS i, t.email, coalesce(t.wide, a.wide_key) AS wide, t.record, t.channel, t.purpose, a.id AS address,
           a.bounced_at, a.whose, a.country
      FROM unnest($1::bytea[], $2::bytea[], $3::uuid[], $4::text[], $5::text[]) WITH ORDINALITY
           AS t(email, wide, record, channel, purpose, i)
      LEFT JOIN address a ON a.email_key = t.email),
who AS (
    SELECT i, k.person FROM item JOIN person_key k ON k.hash = item.email
    UNION SELECT i, k.person FROM item JOIN person_key k ON k.hash = item.wide
    UNION SELECT i, r.person FROM item JOIN person_record r ON r.record = item.record),
-- The records that the address came from: a role's mailbox is no key of a person.
source AS (
    SELECT i, record FROM item WHERE record IS NOT NULL
    UNION SELECT i, s.vault FROM item JOIN address_source s ON s.address = item.address AND NOT s.item),
reached AS (
    SELECT i, 1::int2 AS scope, email AS subject FROM item WHERE email IS NOT NULL
    UNION ALL SELECT i, 1::int2, wide FROM item WHERE wide IS NOT NULL
    UNION ALL SELECT i, 2::int2, uuid_send(record) FROM source
    UNION ALL SELECT i, 3::int2, uuid_send(person) FROM who
    UNION ALL SELECT i, 3::int2, uuid_send(r.person) FROM source JOIN person_record r ON r.record = source.record),
refused AS (
    SELECT item.i,
           max(r.position) FILTER (WHERE r.kind = 0) AS withdrawn_position,
           max(r.at) FILTER (WHERE r.kind = 0)       AS withdrawn_at,
           max(r.position) FILTER (WHERE r.kind = 1) AS objected_position,
           max(r.at) FILTER (WHERE r.kind = 1)       AS objected_at
      FROM reached JOIN item USING (i)
      JOIN refusal r ON r.scope = reached.scope AND r.subject = reached.subject
                    AND r.channel = item.channel AND r.purpose IN ('', item.purpose)
     GROUP BY item.i)
SELECT item.i, item.address,
       (SELECT (array_agg(w.person))[1] FROM who w WHERE w.i = item.i HAVING count(*) = 1),
       EXISTS (SELECT FROM who w JOIN person p ON p.id = w.person WHERE w.i = item.i AND p.restricted),
       s.state, s.rev, s.statement, s.language, s.position, s.at, s.asked_position, s.asked_at, s.recorded_at,
       s.last_used_at, s.source,
       f.withdrawn_position, f.withdrawn_at, f.objected_position, f.objected_at,
       l.position, l.at, item.bounced_at, item.whose, item.country, s.ground, s.age_over
  FROM item
  LEFT JOIN state s ON s.address = item.address AND s.channel = item.channel AND s.purpose = item.purpose
  LEFT JOIN state l ON l.address = item.address AND l.channel = item.channel AND l.purpose = '' AND l.state = 5
  LEFT JOIN refused f ON f.i = item.i
 ORDER BY item.i
