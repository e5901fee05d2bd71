SELECT key_id, wrapped FROM keyring.rewrap_page_v1($1::int4, $2::uuid, $3::int4)
