SELECT coalesce(json_agg(json_build_object('holder', h.name, 'kind', h.kind, 'system', h.system, 'state', h.state,
                                           'categories', d.categories, 'since', rfc3339(d.since),
                                           'until', rfc3339(d.until))
                         ORDER BY h.name), '[]'::json)::text
  FROM disclosure AS d JOIN holder AS h ON h.id = d.holder
 WHERE d.request = $1::uuid
