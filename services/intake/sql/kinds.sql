SELECT system, version_kind::int4 FROM system_kind
