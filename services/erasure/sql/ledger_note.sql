INSERT INTO ledger_out (id, at, type, data) VALUES ($1::uuid, $2::timestamptz, $3::text, $4::text) ON CONFLICT DO NOTHING
