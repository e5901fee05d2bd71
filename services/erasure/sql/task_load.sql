SELECT t.id, t.request, t.name, t.kind, t.holder, t.verb, t.status, t.outcome, t.attempts, t.answered_at, t.evidence,
       t.manual_outcome, t.manual_rule, t.manual_until, t.manual_by, t.reopened, h.identifiers, t.need
  FROM task AS t JOIN holder AS h ON h.id = t.holder
 WHERE t.id = $1::uuid AND h.name = $2::text
