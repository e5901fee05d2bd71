SELECT record_id, sealed, source_key, email_key, email_wide_key, phone_key, phone_surname_key, rev, created_at,
       restricted
  FROM vault.records_page_v1($1::uuid, $2::int4)
