UPDATE request_set SET systems = $2::text[], categories = $3::text[] WHERE request = $1::uuid
