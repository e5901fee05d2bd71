UPDATE task AS t
   SET rows_gone = greatest(coalesce(t.rows_gone, 0), a.gone), remaining = a.remaining, counts = coalesce(a.counts, t.counts),
       status = CASE WHEN a.remaining = 0 THEN 'closed' ELSE t.status END,
       outcome = CASE WHEN a.remaining = 0 THEN 'done' ELSE t.outcome END,
       answered_at = CASE WHEN a.remaining = 0 THEN coalesce(t.answered_at, a.at) ELSE t.answered_at END
  FROM (SELECT DISTINCT ON (request, service) *
          FROM unnest($1::uuid[], $2::text[], $3::int8[], $4::int8[], $5::timestamptz[], $6::text[]) WITH ORDINALITY
            AS u(request, service, gone, remaining, at, counts, n)
         ORDER BY request, service, n DESC) AS a
 WHERE t.request = a.request AND t.name = a.service AND t.kind = 'service' AND t.status = 'running'
