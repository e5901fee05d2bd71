INSERT INTO campaign (id, purpose, records, created_at, created_by)
VALUES ($1::uuid, $2::text, $3::int8, $4::timestamptz, $5::uuid)
