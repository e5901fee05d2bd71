INSERT INTO system_kind (system, version_kind)
SELECT u.system, u.kind FROM unnest($1::text[], $2::int4[]) AS u(system, kind) ORDER BY 1
    ON CONFLICT DO NOTHING RETURNING system
