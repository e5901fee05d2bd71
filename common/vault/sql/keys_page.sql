SELECT key_id, old FROM keyring.page_v1($1::text, $2::timestamptz, $3::uuid, $4::int4)
