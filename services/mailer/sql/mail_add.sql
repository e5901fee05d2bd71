INSERT INTO mail (mail, rev, kind, state, why, campaign, request, record, address, content, email_key, wide_key, purpose,
                  ground, position, template, language, next_at, asked_at, acted_at)
VALUES ($1::uuid, next_revision(NULL), $2::int4, $3::int4, $4::text, $5::uuid, $6::uuid, $7::uuid, $8::uuid, $9::uuid,
        $10::bytea, $11::bytea, $12::text, $13::text, $14::int8, $15::text, $16::text, $17::timestamptz,
        $18::timestamptz, $19::timestamptz)
ON CONFLICT DO NOTHING
RETURNING rev
