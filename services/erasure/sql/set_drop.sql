DELETE FROM request_set WHERE request = $1::uuid
