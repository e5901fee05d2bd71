INSERT INTO confirm_token (hash, address, channel, purpose, statement, language, asked_position, asked_at, content,
                           created_at, expires_at)
VALUES ($1::bytea, $2::uuid, $3::text, $4::text, $5::int8, $6::text, $7::int8, $8::timestamptz, $9::uuid,
        $10::timestamptz, $11::timestamptz)
