-- Who holds each key, counted no further than a bound.
SELECT k.key, h.record
  FROM unnest($1::int8[]) AS k(key)
 CROSS JOIN LATERAL (SELECT b.record FROM block_key AS b WHERE b.key = k.key LIMIT $2::int4) AS h
