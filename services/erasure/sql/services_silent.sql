-- Requests with services that have not answered for a while; their next reminder is set.
WITH silent AS (
    SELECT t.id
      FROM task AS t
     WHERE t.kind = 'service' AND t.next_attempt_at <= $1::timestamptz
     ORDER BY t.next_attempt_at
     LIMIT $2::int4
       FOR UPDATE SKIP LOCKED),
reminded AS (
    UPDATE task AS t
       SET attempts = t.attempts + 1,
           next_attempt_at = $1::timestamptz
                             + least(interval '5 seconds' * power(2, least(t.attempts + 1, 10)), interval '10 minutes')
                             * (0.5 + random() / 2)
      FROM silent WHERE t.id = silent.id
    RETURNING t.request)
SELECT DISTINCT request FROM reminded
