-- For each key: the persons that hold it, at most a bound of holders looked at.
SELECT DISTINCT k.hash, r.person
  FROM unnest($1::bytea[]) AS k(hash)
 CROSS JOIN LATERAL (SELECT m.record FROM match_key AS m WHERE m.hash = k.hash LIMIT $2::int4) AS holder
  JOIN record AS r ON r.record = holder.record
