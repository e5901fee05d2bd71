SELECT (array_agg(w.person))[1]
  FROM (SELECT k.person FROM person_key k WHERE k.hash = ANY ($1::bytea[])
        UNION SELECT r.person FROM person_record r WHERE r.record = $2::uuid) AS w
HAVING count(*) = 1
