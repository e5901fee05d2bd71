DELETE FROM mail
WHERE (email_key = ANY ($1::bytea[]) OR wide_key = ANY ($1::bytea[]) OR record = ANY ($2::uuid[]))
  AND NOT (kind = 1 AND request IS NOT DISTINCT FROM $3::uuid)
