SELECT json_strip_nulls(json_build_object(
           'id', r.id, 'kind', r.kind, 'status', r.status, 'decision', r.decision, 'article', r.article,
           'controller', r.controller, 'source', r.source, 'priority', r.priority, 'four_eyes', nullif(r.four_eyes, false),
           'approved_by', r.approved_by, 'created_by', r.created_by, 'review', nullif(r.review, false),
           'contradicted', nullif(r.contradicted, false), 'restates', r.restates, 'successor', r.successor,
           'waits_for', CASE WHEN r.status IN ('completed', 'cancelled') THEN NULL
                             WHEN r.four_eyes AND r.approved_by IS NULL THEN 'approval'
                             WHEN r.review AND r.stage = 1 THEN 'subject'
                             WHEN r.status = 'verifying' THEN 'verification' END, 'rule', r.rule, 'purpose', r.purpose, 'rev', r.rev,
           'received_at', rfc3339(r.received_at), 'due_at', rfc3339(r.due_at),
           'requester', CASE WHEN r.relation IS NOT NULL OR r.contact IS NOT NULL
                             THEN json_build_object('relation', r.relation) END,
           'verification', CASE WHEN r.verified_at IS NOT NULL
                                THEN json_build_object('method', r.verify_method, 'level', r.verify_level,
                                                       'by', r.verified_by, 'at', rfc3339(r.verified_at)) END,
           'clock', json_build_object('received', rfc3339(r.received_at), 'due', rfc3339(r.due_at),
                                      'paused', rfc3339(r.paused_at), 'paused_seconds', r.paused_us / 1000000,
                                      'extended', rfc3339(r.extended_at), 'escalation', r.escalation),
           'opened_at', rfc3339(r.opened_at), 'hold_until', rfc3339(r.hold_until),
           'destroyed_at', rfc3339(r.destroy_at), 'verified_at', rfc3339(r.verify_at),
           'answered_at', rfc3339(r.answered_at), 'completed_at', rfc3339(r.completed_at), 'answer', r.mail_state,
           'identifiers_sealed', nullif(r.identifiers IS NOT NULL, false),
           'set', (SELECT json_build_object('persons', cardinality(s.persons), 'records', cardinality(s.records),
                                            'activities', cardinality(s.activities), 'keys', cardinality(s.key_hashes))
                     FROM request_set AS s WHERE s.request = r.id)))::text,
       (SELECT coalesce(json_agg(json_build_object(
                   'name', t.name, 'kind', t.kind, 'verb', t.verb, 'status', t.status, 'outcome', t.outcome,
                   'rule', t.rule, 'until', rfc3339(t.until), 'rows', t.rows_gone, 'remaining', t.remaining,
                   'attempts', t.attempts, 'sent_at', rfc3339(t.sent_at),
                   'next_attempt_at', rfc3339(t.next_attempt_at), 'answered_at', rfc3339(t.answered_at),
                   'verified_at', rfc3339(t.verified_at), 'evidence', t.evidence, 'seq', t.seq, 'instruction', t.id,
                   'contradicted_at', rfc3339(t.contradicted_at), 'reopened', t.reopened,
                   'recorded', t.manual_outcome, 'recorded_by', t.manual_by, 'confirmed_by', t.confirmed_by)
                   ORDER BY t.kind <> 'service', t.name), '[]'::json)::text
          FROM task AS t WHERE t.request = r.id),
       (SELECT coalesce(json_agg(json_strip_nulls(json_build_object(
                   'backup', b.backup, 'outcome', b.outcome, 'at', rfc3339(b.at), 'evidence', b.evidence,
                   'recorded_by', b.recorded_by, 'confirmed_by', b.confirmed_by, 'until', rfc3339(b.until)))
                   ORDER BY b.at, b.backup), '[]'::json)::text
          FROM (SELECT a.backup, a.outcome, a.evidence, a.recorded_by, a.confirmed_by, a.until,
                       CASE WHEN a.outcome = 'dark' AND a.confirmed_by IS NULL THEN coalesce(i.answered_at, a.at) ELSE a.at END AS at
                  FROM backup_answer AS a
                  LEFT JOIN task AS i ON i.request = a.request AND i.name = 'intake' AND i.kind = 'service'
                 WHERE a.request = r.id) AS b)
  FROM request AS r
 WHERE r.id = $1::uuid
