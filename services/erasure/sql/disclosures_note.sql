-- Who has which of the person's categories: the system that the record came from, and whoever is told of such records by
-- arrangement; where a request tells holders identifiers ($3), each of its holders has those of the records they name.
INSERT INTO disclosure (request, holder, categories, since, until, at)
SELECT $1::uuid, h.id, d.categories, h.created_at, h.past_at, $2::timestamptz
  FROM request_set AS s
 CROSS JOIN holder AS h
 CROSS JOIN LATERAL (
       SELECT coalesce(array_agg(DISTINCT r.category ORDER BY r.category), '{}') AS categories
         FROM unnest(s.systems, s.categories) AS r(system, category)
        WHERE r.system = h.system OR r.category = ANY (h.categories)
           OR ($3::bool AND (h.identifiers && ARRAY['email', 'phone'] OR h.system IS NULL))) AS d
 WHERE s.request = $1::uuid AND cardinality(d.categories) > 0
   AND (NOT $3::bool OR EXISTS (SELECT FROM task AS t WHERE t.request = $1::uuid AND t.holder = h.id))
ON CONFLICT (request, holder) DO UPDATE
   SET categories = excluded.categories, until = excluded.until, at = excluded.at
