-- The components that these records and keys reach; of a key no more records than could still link.
SELECT r.component FROM record AS r WHERE r.record = ANY ($1::uuid[])
UNION
SELECT r.component
  FROM unnest($2::bytea[]) AS k(hash)
 CROSS JOIN LATERAL (SELECT m.record FROM match_key AS m WHERE m.hash = k.hash LIMIT $3::int4) AS holder
  JOIN record AS r ON r.record = holder.record
