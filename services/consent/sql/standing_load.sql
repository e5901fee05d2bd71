WITH item AS (
    SELECT t.i::int4 AS i, t.email, coalesce(t.wide, a.wide_key) AS wide, t.record, t.channel, t.purpose, a.id AS address
      FROM unnest($1::bytea[], $2::bytea[], $3::uuid[], $4::text[], $5::text[]) WITH ORDINALITY
           AS t(email, wide, record, channel, purpose, i)
      LEFT JOIN address a ON a.email_key = t.email),
who AS (
    SELECT i, k.person FROM item JOIN person_key k ON k.hash = item.email
    UNION SELECT i, k.person FROM item JOIN person_key k ON k.hash = item.wide
    UNION SELECT i, r.person FROM item JOIN person_record r ON r.record = item.record),
reached AS (
    SELECT i, 1::int2 AS scope, email AS subject FROM item WHERE email IS NOT NULL
    UNION ALL SELECT i, 1::int2, wide FROM item WHERE wide IS NOT NULL
    UNION ALL SELECT i, 2::int2, uuid_send(record) FROM item WHERE record IS NOT NULL
    UNION ALL SELECT i, 3::int2, uuid_send(person) FROM who),
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
       (SELECT w.person FROM who w WHERE w.i = item.i ORDER BY w.person LIMIT 1),
       EXISTS (SELECT FROM who w JOIN person p ON p.id = w.person WHERE w.i = item.i AND p.restricted),
       s.state, s.rev, s.statement, s.language, s.position, s.at, s.asked_position, s.asked_at, s.recorded_at,
       s.last_used_at, s.source,
       f.withdrawn_position, f.withdrawn_at, f.objected_position, f.objected_at
  FROM item
  LEFT JOIN state s ON s.address = item.address AND s.channel = item.channel AND s.purpose = item.purpose
  LEFT JOIN refused f ON f.i = item.i
 ORDER BY item.i
