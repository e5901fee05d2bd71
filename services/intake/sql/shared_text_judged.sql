-- One word for all requests that left this content.
UPDATE shared_text SET judged_at = now(), judged_by = $2::uuid, outcome = CASE WHEN $3::bool THEN 2 ELSE outcome END
 WHERE activity = $1::uuid AND outcome < 2 AND judged_at IS NULL
