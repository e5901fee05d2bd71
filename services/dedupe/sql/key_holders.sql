-- How many records hold each key, counted no further than a bound.
SELECT k.hash, (SELECT count(*) FROM (SELECT 1 FROM match_key AS m WHERE m.hash = k.hash LIMIT $2::int4) AS bounded)
  FROM unnest($1::bytea[]) AS k(hash)
