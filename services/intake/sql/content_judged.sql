-- Another revision: a batch that read the row before begins again.
UPDATE activity SET content_id = $2::uuid, rev = rev + 1, updated_at = now() WHERE activity_id = $1::uuid
