WITH gone AS (
    DELETE FROM restriction WHERE request = $1::uuid RETURNING source_key, record_id)
SELECT vault.records_restrict_v1(coalesce(array_agg(g.record_id), '{}'), false)
  FROM gone AS g
 WHERE NOT EXISTS (SELECT FROM restriction AS r WHERE r.source_key = g.source_key AND r.request <> $1::uuid)
