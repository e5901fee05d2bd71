INSERT INTO ledger (address, subject_key, record, person, channel, purpose, statement, language, act, given_by, at,
                    recorded_at, source, evidence, statement_digest, policy_version, controller, act_id, age_over)
VALUES ($1::uuid, $2::bytea, $3::uuid, $4::uuid, $5::text, $6::text, $7::int8, $8::text, $9::int4, $10::int4,
        $11::timestamptz, $12::timestamptz, $13::text, $14::uuid, $15::bytea, $16::int8, $17::text, $18::uuid, $19::int4)
RETURNING position
