-- What is due, some of each holder, with the next attempt set already. `reversible` becomes a new instruction first. Lanes: holders that answer; those that fail.
WITH due AS (
    SELECT d.id
      FROM (SELECT o.id FROM holder AS o
             WHERE o.kind = $1::text AND (o.failures > 0) = $2::bool AND o.quiet_until <= $3::timestamptz
               AND EXISTS (SELECT FROM task AS w
                            WHERE w.holder = o.id AND w.status = 'running' AND w.next_attempt_at <= $3::timestamptz
                              AND w.outcome IS DISTINCT FROM 'reversible')
             ORDER BY o.quiet_until, o.id
             LIMIT $5::int4) AS h
     CROSS JOIN LATERAL (
           SELECT t.id
             FROM task AS t
            WHERE t.holder = h.id AND t.status = 'running' AND t.next_attempt_at <= $3::timestamptz
              AND t.outcome IS DISTINCT FROM 'reversible'
            ORDER BY t.next_attempt_at
            LIMIT $4::int4
              FOR UPDATE SKIP LOCKED) AS d),
claimed AS (
    UPDATE task AS t
       SET attempts = t.attempts + 1,
           next_attempt_at = $3::timestamptz + $6::int8 * interval '1 microsecond'
                             + least(interval '1 second' * power(2, least(t.attempts, 12)), interval '1 hour')
                             * (0.5 + random() / 2),
           sent_at = CASE WHEN t.kind = 'kafka' THEN $3::timestamptz ELSE t.sent_at END
      FROM due WHERE t.id = due.id
    RETURNING t.*)
SELECT t.id, t.request, t.seq, t.verb, t.need, r.due_at, r.controller, r.purpose, r.identifiers, h.id, h.name,
       h.identifiers, h.url, h.topic, h.sealing_key, h.signing_key, h.hmac, h.system, t.attempts
  FROM claimed AS t JOIN request AS r ON r.id = t.request JOIN holder AS h ON h.id = t.holder
 ORDER BY h.id, t.seq
