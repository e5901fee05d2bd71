INSERT INTO ended AS e (source_key, version_kind, version_value, reason)
SELECT u.source_key, u.kind, u.value, u.reason
  FROM unnest($1::bytea[], $2::int4[], $3::int8[], $4::int4[]) AS u(source_key, kind, value, reason)
 ORDER BY 1
    ON CONFLICT (source_key) DO UPDATE
   SET version_kind = excluded.version_kind, version_value = excluded.version_value, reason = excluded.reason,
       ended_at = now()
 WHERE e.version_kind <> excluded.version_kind OR e.version_value < excluded.version_value
