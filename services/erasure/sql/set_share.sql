UPDATE request_set SET shared_kinds = $2::bytea, shared_hashes = $3::bytea[] WHERE request = $1::uuid
