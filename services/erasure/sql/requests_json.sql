SELECT r.id,
       json_strip_nulls(json_build_object(
           'id', r.id, 'kind', r.kind, 'status', r.status, 'decision', r.decision, 'source', r.source,
           'four_eyes', nullif(r.four_eyes, false), 'contradicted', nullif(r.contradicted, false),
           'received_at', rfc3339(r.received_at), 'due_at', rfc3339(r.due_at), 'escalation', r.escalation,
           'answered_at', rfc3339(r.answered_at), 'completed_at', rfc3339(r.completed_at),
           'outstanding', (SELECT count(*) FROM task AS t WHERE t.request = r.id AND t.status <> 'closed')))::text
  FROM request AS r
 WHERE ($1::text IS NULL OR r.status = $1::text)
   AND CASE WHEN $2::text IS NULL THEN r.kind NOT IN ('expiry', 'consent') ELSE r.kind = $2::text END
   AND ($3::uuid IS NULL OR r.id < $3::uuid)
 ORDER BY r.id DESC
 LIMIT $4::int4
