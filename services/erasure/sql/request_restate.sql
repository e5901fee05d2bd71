-- The same request about the person whom an operator named: all but its set, its tasks and what it came to.
INSERT INTO request (id, rev, controller, kind, status, stage, source, relation, verify_method, verify_level, verified_by,
                     verified_at, four_eyes, created_by, approved_by, priority, received_at, created_at, answered_at,
                     due_at, extended_at, paused_at, paused_us, escalation, contact, language, early_mail, mail_state,
                     restates)
SELECT $2::uuid, 1, controller, kind, status, 0, source, relation, verify_method, verify_level, verified_by, verified_at,
       four_eyes, created_by, approved_by, priority, received_at, created_at, answered_at, due_at, extended_at, paused_at,
       paused_us, escalation, contact, language, early_mail, mail_state, id
  FROM request WHERE id = $1::uuid
