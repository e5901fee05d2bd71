INSERT INTO backup_answer (request, backup, outcome, at)
SELECT $1::uuid, $2::uuid, $3::text, $4::timestamptz WHERE EXISTS (SELECT FROM request WHERE id = $1::uuid)
ON CONFLICT (request, backup) DO UPDATE SET outcome = excluded.outcome, at = excluded.at
