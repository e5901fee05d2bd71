SELECT key_id, old FROM keyring.page_v1($1::timestamptz, $2::uuid, $3::int4)
