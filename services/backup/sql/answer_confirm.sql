UPDATE answer SET outcome = recorded, at = recorded_at, why = $4::text, confirmed_by = $3::uuid
 WHERE request = $1::uuid AND backup = $2::uuid AND outcome = 'human'
