-- These tasks, locked, so far as they stand for the same order still: one that was ordered anew waits anew.
SELECT t.request, t.state, t.verify, t.expiry, t.persons, t.records, t.activities, t.parts, t.key_kinds, t.key_hashes,
       t.rows_gone, t.attempts
  FROM unnest($1::uuid[], $2::int8[]) AS o(request, ordered_by)
  JOIN forget_task AS t ON t.request = o.request
 WHERE t.ordered_by = o.ordered_by::text::xid8 AND t.next_at <= clock_timestamp() AND t.attempts = 0
 ORDER BY t.next_at
   FOR UPDATE OF t SKIP LOCKED
