SELECT k.person, r.record
  FROM person_key k LEFT JOIN person_record r USING (person)
 WHERE k.hash = $1::bytea
 ORDER BY k.person, r.record
 LIMIT 200
