SELECT id, sealed FROM vault.open_v1($1::uuid[], $2::text, $3::uuid)
