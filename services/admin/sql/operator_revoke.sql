UPDATE operator SET revoked_at = coalesce(revoked_at, $2::timestamptz), revoked_by = coalesce(revoked_by, $3::uuid)
 WHERE id = $1::uuid
