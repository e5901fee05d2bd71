INSERT INTO quarantine AS q (id, event_id, event_source, event_type, pointer, rule, system, request, keys, at,
                             expires_at)
VALUES ($1::uuid, $2::bytea, $3::bytea, $4::text, $5::text, $6::text, $7::text, $8::uuid, $9::bytea[],
        $10::timestamptz, $11::timestamptz)
    ON CONFLICT (id) DO UPDATE
   SET pointer = excluded.pointer, rule = excluded.rule, request = excluded.request, keys = excluded.keys,
       requeue = false, at = excluded.at, expires_at = excluded.expires_at
