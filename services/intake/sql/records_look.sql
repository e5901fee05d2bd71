SELECT record_id, system, category, version_kind::int4, version_value, act::int4, captured_at, policy_version, restricted
  FROM vault.records_look_v1($1::uuid[])
