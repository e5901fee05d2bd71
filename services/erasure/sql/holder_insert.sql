INSERT INTO holder (id, name, kind, system, url, topic, identifiers, contact, categories, sealing_key, signing_key, hmac,
                    created_at, created_by)
VALUES ($1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text[], $8::text, $9::text[], $10::bytea,
        $11::bytea, $12::uuid, $13::timestamptz, $14::uuid)
ON CONFLICT (name) DO NOTHING
RETURNING id
