UPDATE request
   SET rev = $2::int8, status = $3::text, stage = $4::int4, decision = $5::text, article = $6::text,
       four_eyes = $7::bool, approved_by = coalesce($8::uuid, approved_by), verified_by = $9::uuid,
       opened_at = $10::timestamptz, hold_until = $11::timestamptz, due_at = $12::timestamptz,
       extended_at = $13::timestamptz, paused_at = $14::timestamptz, paused_us = $15::int8, escalation = $16::int4,
       completed_at = $17::timestamptz, answered_at = $18::timestamptz, barrier = $19::uuid, contact = $20::uuid,
       identifiers = $21::uuid, early_mail = $22::uuid, final_mail = $23::uuid, tries = $24::int4,
       contradicted = $25::bool, destroy_at = $26::timestamptz, verify_at = $27::timestamptz,
       next_at = $28::timestamptz, review = $30::bool,
       verified_at = CASE WHEN verified_at IS NULL AND $9::uuid IS NOT NULL THEN $29::timestamptz ELSE verified_at END,
       resolved_at = CASE WHEN resolved_at IS NULL AND $4::int4 >= 2 THEN $29::timestamptz ELSE resolved_at END
 WHERE id = $1::uuid
