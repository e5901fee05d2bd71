INSERT INTO proposal (digest, review, decision, by, reason) VALUES ($1::bytea, $2::uuid, $3::int4, $4::uuid, $5::text)
