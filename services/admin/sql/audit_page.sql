SELECT seq, at, operator, action, object, detail, outcome, hash
  FROM audit
 WHERE seq > $1::int8 AND ($2::uuid IS NULL OR operator = $2::uuid) AND ($3::uuid IS NULL OR object = $3::uuid)
 ORDER BY seq LIMIT $4::int4
