UPDATE operator SET name = coalesce($2::text, name), role = coalesce($3::text, role)
 WHERE id = $1::uuid AND revoked_at IS NULL
