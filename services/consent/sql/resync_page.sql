WITH page AS (SELECT id FROM address WHERE id > $1::uuid ORDER BY id LIMIT $2::int4)
SELECT s.address, s.rev, a.email_key, a.wide_key,
       (SELECT k.person FROM person_key k WHERE k.hash = a.email_key ORDER BY k.person LIMIT 1),
       s.channel, s.purpose, s.state, s.statement, s.at, s.position, a.vault
  FROM page JOIN address a ON a.id = page.id JOIN state s ON s.address = a.id
 ORDER BY s.address, s.channel, s.purpose
