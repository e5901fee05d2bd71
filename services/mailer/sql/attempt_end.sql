UPDATE attempt SET ended_at = $3::timestamptz, result = $4::text WHERE mail = $1::uuid AND n = $2::int4
