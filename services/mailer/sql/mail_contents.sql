SELECT DISTINCT content FROM mail
WHERE content IS NOT NULL AND campaign IS NULL
  AND (email_key = ANY ($1::bytea[]) OR wide_key = ANY ($1::bytea[]) OR record = ANY ($2::uuid[]))
  AND NOT (kind = 1 AND request IS NOT DISTINCT FROM $3::uuid)
