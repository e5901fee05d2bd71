INSERT INTO campaign (campaign, purpose, content, by, records, at)
VALUES ($1::uuid, $2::text, $3::uuid, $4::uuid, $5::uuid[], $6::timestamptz)
ON CONFLICT DO NOTHING
