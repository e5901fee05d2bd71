WITH put AS (
    INSERT INTO activity AS a (activity_id, content_id, source_key, system, category, version_kind, version_value, rev,
                               date_names, dates, policy_version, partial)
    VALUES ($1::uuid, $2::uuid, $3::bytea, $4::text, $5::text, $6::int4, $7::int8, $8::int8, $9::text[],
            $10::timestamptz[], $11::int8, $12::boolean)
        ON CONFLICT (source_key) DO UPDATE
       SET category = excluded.category, version_kind = excluded.version_kind,
           version_value = excluded.version_value, rev = excluded.rev, date_names = excluded.date_names,
           dates = excluded.dates, policy_version = excluded.policy_version, partial = excluded.partial,
           updated_at = now()
     WHERE a.activity_id = excluded.activity_id AND a.rev = $13::int8
    RETURNING 1)
SELECT again() WHERE NOT EXISTS (SELECT FROM put)
