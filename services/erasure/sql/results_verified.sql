UPDATE task AS t
   SET remaining = a.remaining,
       verified_at = CASE WHEN a.remaining = 0 THEN a.at END
  FROM (SELECT DISTINCT ON (request, service) *
          FROM unnest($1::uuid[], $2::text[], $3::int8[], $4::int8[], $5::timestamptz[]) WITH ORDINALITY
            AS u(request, service, gone, remaining, at, n)
         ORDER BY request, service, n DESC) AS a,
       request AS r
 WHERE t.request = a.request AND t.name = a.service AND t.kind = 'service' AND r.id = t.request AND r.stage = $6::int4
   AND t.verified_at IS NULL
