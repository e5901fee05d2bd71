WITH new AS (
    INSERT INTO restriction (source_key, request, record_id)
    SELECT u.source_key, $1::uuid, u.record_id FROM unnest($2::bytea[], $3::uuid[]) AS u(source_key, record_id)
        ON CONFLICT DO NOTHING)
SELECT vault.records_restrict_v1($3::uuid[], true)
