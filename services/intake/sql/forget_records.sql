SELECT record_id, source_key, version_kind::int4, version_value, rev
  FROM vault.records_match_v1($1::uuid[], $2::bytea[], $3::bytea[], '{}'::bytea[])
