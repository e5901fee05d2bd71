UPDATE answer SET recorded = $3::text, recorded_at = $4::timestamptz, evidence = $5::text, recorded_by = $6::uuid
 WHERE request = $1::uuid AND backup = $2::uuid AND outcome = 'human'
