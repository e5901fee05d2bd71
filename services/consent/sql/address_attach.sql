WITH source AS (
    INSERT INTO address_source (address, vault, item)
    SELECT $1::uuid, $2::uuid, $3::bool WHERE $2::uuid IS NOT NULL
        ON CONFLICT DO NOTHING)
UPDATE address SET vault = coalesce($2::uuid, vault), idle_at = greatest(idle_at, $4::timestamptz) WHERE id = $1::uuid
