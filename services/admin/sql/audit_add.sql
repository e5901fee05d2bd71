INSERT INTO audit (seq, at, operator, action, object, detail, outcome, hash)
VALUES ($1::int8, $2::timestamptz, $3::uuid, $4::text, $5::uuid, $6::text, $7::text, $8::bytea)
