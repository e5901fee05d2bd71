SELECT coalesce(json_agg(json_strip_nulls(json_build_object(
           'name', s.name, 'frozen_at', rfc3339(s.frozen_at), 'looked_by', s.looked_by,
           'released_at', rfc3339(s.released_at),
           'waiting', (SELECT count(*) FROM request AS r
                        WHERE r.source = s.name AND r.kind = 'forget' AND r.four_eyes AND r.approved_by IS NULL
                          AND r.status NOT IN ('completed', 'cancelled')))) ORDER BY s.name), '[]'::json)::text
  FROM source AS s
