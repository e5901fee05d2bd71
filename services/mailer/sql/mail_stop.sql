UPDATE mail SET state = $1::int4, why = $2::text, next_at = NULL, rev = next_revision(rev), changed_at = now()
WHERE next_at IS NOT NULL AND kind <> 1
  AND (email_key = ANY ($3::bytea[]) OR wide_key = ANY ($3::bytea[]) OR record = ANY ($4::uuid[]))
  AND ($5::text IS NULL OR purpose = $5::text) AND (NOT $6::bool OR kind = 2)
RETURNING mail, kind, campaign, request, record, address, content, email_key, wide_key, purpose, ground, position, template,
          language, attempts, rev, asked_at, acted_at, unknowns, false
