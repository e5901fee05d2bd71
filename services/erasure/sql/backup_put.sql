INSERT INTO backup_answer (request, backup, outcome, at, evidence, recorded_by, confirmed_by, until)
SELECT $1::uuid, $2::uuid, $3::text, $4::timestamptz, $5::text, $6::uuid, $7::uuid, $8::timestamptz
 WHERE EXISTS (SELECT FROM request WHERE id = $1::uuid)
ON CONFLICT (request, backup) DO UPDATE
   SET outcome = excluded.outcome, at = excluded.at, evidence = excluded.evidence, recorded_by = excluded.recorded_by,
       confirmed_by = excluded.confirmed_by, until = excluded.until
