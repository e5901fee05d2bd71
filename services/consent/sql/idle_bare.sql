-- Which of these addresses were never granted anything and have no link open.
SELECT a.id
  FROM address a
 WHERE a.id = ANY ($1::uuid[])
   AND NOT EXISTS (SELECT FROM confirm_token t WHERE t.address = a.id)
   AND NOT EXISTS (SELECT FROM state s WHERE s.address = a.id AND s.state IN (1, 2))
   AND NOT EXISTS (SELECT FROM ledger l WHERE l.address = a.id AND l.act IN (1, 2))
