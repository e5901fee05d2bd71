-- A sliding hour: whole hours let twice the number through around their turn. What a release let go counts no more.
SELECT count(*)::int8 + 1
  FROM request
 WHERE source = $1::text AND kind = 'forget' AND restates IS NULL
   AND created_at > greatest($2::timestamptz - interval '60 minutes',
                             (SELECT coalesce(released_at, '-infinity') FROM source WHERE name = $1::text))
