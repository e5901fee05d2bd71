SELECT json_build_object('id', h.id, 'name', h.name, 'kind', h.kind, 'state', h.state, 'system', h.system, 'url', h.url,
                         'topic', h.topic, 'identifiers', h.identifiers, 'contact', h.contact,
                         'categories', h.categories,
                         'sealing_key', translate(encode(h.sealing_key, 'base64'), E'\n', ''),
                         'signing_key', translate(encode(h.signing_key, 'base64'), E'\n', ''),
                         'hmac', h.hmac IS NOT NULL, 'failures', h.failures, 'last_seen', rfc3339(h.last_seen),
                         'created_at', rfc3339(h.created_at), 'rev', h.rev,
                         'waiting', (SELECT count(*) FROM task AS t
                                      WHERE t.holder = h.id AND t.status IN ('running', 'human')))::text
  FROM holder AS h
 WHERE $1::uuid IS NULL OR h.id = $1::uuid
 ORDER BY h.name
