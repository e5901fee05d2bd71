SELECT lease_fence($1::text, $2::int8)
