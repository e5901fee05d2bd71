UPDATE data_ask SET answered_at = $2::timestamptz WHERE id = ANY ($1::uuid[])
