WITH near AS (
    SELECT DISTINCT a.id FROM person_key k JOIN address a ON a.email_key = k.hash OR a.wide_key = k.hash
     WHERE k.person = $1::uuid
    UNION
    SELECT s.address FROM person_record r JOIN address_source s ON s.vault = r.record WHERE r.person = $1::uuid),
held AS (
    SELECT s.address, s.channel, s.purpose, r.kind, r.position, r.at
      FROM state s JOIN near ON near.id = s.address
     CROSS JOIN LATERAL (
           SELECT o.kind, o.position, o.at FROM refusal o
            WHERE o.scope = 3 AND o.subject = uuid_send($1::uuid) AND o.channel = s.channel AND o.purpose IN ('', s.purpose)
              AND (s.state = 2 OR o.position >= s.asked_position OR o.at > s.asked_at)
            ORDER BY o.kind DESC, o.position DESC LIMIT 1) r
     WHERE s.state IN (1, 2)
     ORDER BY s.address, s.channel, s.purpose
       FOR UPDATE OF s),
put AS (
    UPDATE state s
       SET rev = next_revision(s.rev), state = 3 + h.kind, position = h.position,
           at = h.at, recorded_at = $2::timestamptz, asked_position = NULL, asked_at = NULL
      FROM held h
     WHERE (s.address, s.channel, s.purpose) = (h.address, h.channel, h.purpose)
    RETURNING s.*)
SELECT p.address, p.rev, a.email_key, a.wide_key,
       (SELECT k.person FROM person_key k WHERE k.hash = a.email_key ORDER BY k.person LIMIT 1),
       p.channel, p.purpose, p.state, p.statement, p.at, p.position, a.vault
  FROM put p JOIN address a ON a.id = p.address
