SELECT shared_kinds, shared_hashes FROM request_set WHERE request = $1::uuid
