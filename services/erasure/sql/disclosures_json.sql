SELECT coalesce(json_agg(json_build_object('holder', h.name, 'kind', h.kind, 'system', h.system, 'state', h.state,
                                           'categories', h.categories, 'since', rfc3339(h.created_at))
                         ORDER BY h.name), '[]'::json)::text
  FROM holder AS h
