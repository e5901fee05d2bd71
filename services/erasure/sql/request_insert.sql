INSERT INTO request (id, rev, controller, kind, status, stage, source, relation, verify_method, verify_level,
                     verified_by, verified_at, four_eyes, created_by, priority, received_at, created_at, opened_at,
                     hold_until, due_at, contact, language, purpose, rule, identifiers, resolved_at, destroy_at, next_at)
VALUES ($1::uuid, $2::int8, $3::text, $4::text, $5::text, $6::int4, $7::text, $8::text, $9::text, $10::text, $11::uuid,
        $12::timestamptz, $13::bool, $14::uuid, $15::int4, $16::timestamptz, $17::timestamptz, $18::timestamptz,
        $19::timestamptz, $20::timestamptz, $21::uuid, $22::text, $23::text, $24::text, $25::uuid, $26::timestamptz,
        $27::timestamptz, $28::timestamptz)
ON CONFLICT (id) DO NOTHING
