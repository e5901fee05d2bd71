-- A task that is old or has failed before: its next attempt is set before it is tried, so that it holds up no other.
UPDATE forget_task AS t
   SET attempts = t.attempts + 1,
       next_at = clock_timestamp()
                 + least(interval '100 milliseconds' * power(2, least(t.attempts, 10)), interval '1 minute')
                 * (0.5 + random() / 2)
 WHERE t.request = (SELECT d.request
                      FROM forget_task AS d
                     WHERE d.request = $1::uuid AND d.ordered_by = $2::int8::text::xid8
                       AND d.next_at <= clock_timestamp()
                       FOR UPDATE SKIP LOCKED)
RETURNING t.request
