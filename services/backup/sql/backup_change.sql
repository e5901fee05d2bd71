UPDATE backup
SET expires_at = coalesce($2::timestamptz, expires_at), rev = next_revision(rev),
    gone_at = CASE WHEN $3::bool THEN coalesce(gone_at, now()) ELSE gone_at END
WHERE backup = $1::uuid
RETURNING rev
