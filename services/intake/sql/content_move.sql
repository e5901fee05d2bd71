UPDATE activity SET content_id = $2::uuid WHERE activity_id = $1::uuid
