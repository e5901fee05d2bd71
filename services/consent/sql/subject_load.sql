SELECT l.position, l.address, l.channel, l.purpose, l.act, l.statement, l.language, l.given_by, l.at, l.recorded_at,
       l.source, l.evidence, l.record, l.person, s.state
  FROM ledger l
  LEFT JOIN state s ON s.address = l.address AND s.channel = l.channel AND s.purpose = l.purpose
 WHERE l.address IN (SELECT a.id FROM address a
                      WHERE a.email_key = ANY ($1::bytea[]) OR a.wide_key = ANY ($1::bytea[])
                     UNION SELECT a.id FROM person_key k JOIN address a ON a.email_key = k.hash
                      WHERE k.person = ANY ($2::uuid[]))
    OR l.subject_key = ANY ($1::bytea[])
    OR l.person = ANY ($2::uuid[])
 ORDER BY l.position
 LIMIT $3::int4
