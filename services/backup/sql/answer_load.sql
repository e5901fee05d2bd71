SELECT outcome, recorded, recorded_at, evidence, recorded_by FROM answer
 WHERE request = $1::uuid AND backup = $2::uuid
   FOR UPDATE
