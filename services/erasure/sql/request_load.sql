SELECT r.id, r.rev, r.kind, r.status, r.stage::int4, r.decision, r.article, r.source, r.four_eyes,
       r.approved_by IS NOT NULL, r.created_by, r.verified_by, r.received_at, r.opened_at, r.hold_until, r.due_at,
       r.extended_at, r.paused_at, r.paused_us, r.escalation::int4, r.completed_at, r.answered_at, r.barrier, r.contact,
       r.identifiers, r.language, r.purpose, r.early_mail, r.final_mail, r.tries, r.contradicted, r.destroy_at,
       r.verify_at, r.review, r.verified_at IS NOT NULL, t.services, t.services_closed, t.services_verified, t.outside, t.outside_closed, t.outside_kept
  FROM request AS r
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE kind = 'service') AS services,
              count(*) FILTER (WHERE kind = 'service' AND status = 'closed') AS services_closed,
              count(*) FILTER (WHERE kind = 'service' AND verified_at IS NOT NULL) AS services_verified,
              count(*) FILTER (WHERE kind <> 'service') AS outside,
              count(*) FILTER (WHERE kind <> 'service' AND status = 'closed') AS outside_closed,
              count(*) FILTER (WHERE kind <> 'service' AND outcome = 'kept') AS outside_kept
         FROM task WHERE request = r.id) AS t
 WHERE r.id = $1::uuid
