SELECT t.id, t.request, t.seq, t.verb, t.need, r.due_at, r.controller, r.purpose, r.identifiers, h.id, h.name,
       h.identifiers, h.url, h.topic, h.sealing_key, h.signing_key, h.hmac, h.system, t.attempts
  FROM task AS t JOIN request AS r ON r.id = t.request JOIN holder AS h ON h.id = t.holder
 WHERE t.holder = $1::uuid AND t.seq > $2::int8 AND t.status IN ('running', 'human')
 ORDER BY t.seq
 LIMIT $3::int4
