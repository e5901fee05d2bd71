UPDATE review SET unsure_at = clock_timestamp(), unsure_by = $2::uuid, unsure_reason = $3::text WHERE review = $1::uuid
