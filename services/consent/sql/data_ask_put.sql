INSERT INTO data_ask (id, email_key, wide_key, shared, requester, language, at)
VALUES ($1::uuid, $2::bytea, $3::bytea, $4::bool, $5::bytea, $6::text, $7::timestamptz)
