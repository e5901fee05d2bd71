UPDATE late_join SET acked_at = coalesce(acked_at, $3::timestamptz) WHERE id = $1::uuid AND holder = $2::uuid
