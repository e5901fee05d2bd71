-- Who agreed to an older version of a purpose's statement, can be written to, and hasn't been asked for the newer one.
SELECT a.id, a.email_key, a.wide_key, a.vault, s.channel, s.language
  FROM state s JOIN address a ON a.id = s.address
 WHERE s.purpose = $1::text AND s.state IN (1, 2) AND s.statement < $2::int8 AND a.vault IS NOT NULL AND a.id > $3::uuid
   AND NOT EXISTS (SELECT FROM ledger l
                    WHERE l.address = a.id AND l.purpose = $1::text AND l.act = 0 AND l.statement >= $2::int8)
 ORDER BY a.id
 LIMIT $4::int4
   FOR UPDATE OF a
