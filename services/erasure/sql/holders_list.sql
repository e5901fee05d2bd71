SELECT json_build_object('id', h.id, 'name', h.name, 'kind', h.kind, 'state', h.state, 'system', h.system, 'url', h.url,
                         'topic', h.topic, 'identifiers', h.identifiers, 'contact', h.contact,
                         'categories', h.categories,
                         'sealing_key', translate(encode(h.sealing_key, 'base64'), E'\n', ''),
                         'signing_key', translate(encode(h.signing_key, 'base64'), E'\n', ''),
                         'hmac', h.hmac IS NOT NULL, 'failures', h.failures, 'last_seen', rfc3339(h.last_seen),
                         'created_at', rfc3339(h.created_at), 'past_at', rfc3339(h.past_at), 'rev', h.rev,
                         'waiting', (SELECT count(*) FROM task AS t
                                      WHERE t.holder = h.id AND t.status IN ('running', 'human')),
                         'open_joins', (SELECT coalesce(json_agg(json_build_object(
                                                   'id', j.id, 'at', rfc3339(j.at), 'asked', j.asked,
                                                   'covered', j.covered, 'escalation', j.escalation)
                                                   ORDER BY j.at), '[]'::json)
                                          FROM late_join AS j
                                         WHERE j.holder = h.id AND j.acked_at IS NULL AND j.covered > 0))::text
  FROM holder AS h
 WHERE $1::uuid IS NULL OR h.id = $1::uuid
 ORDER BY h.name
