INSERT INTO ledger_replay (number, type, request, done_at)
VALUES ($1::int8, $2::text, $3::uuid, CASE WHEN $4::bool THEN now() END)
ON CONFLICT (number) DO NOTHING
