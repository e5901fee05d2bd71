SELECT DISTINCT i.n::int4
  FROM unnest($1::uuid[]) WITH ORDINALITY AS i(id, n)
  JOIN tombstone_id AS t ON t.id = i.id
 WHERE t.standing AND t.until > now()
