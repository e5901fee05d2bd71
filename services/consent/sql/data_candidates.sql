-- What may open an address: what was opened for it before, and the records of the persons who have it.
SELECT s.vault FROM address a JOIN address_source s ON s.address = a.id WHERE a.email_key = $1::bytea
UNION SELECT a.vault FROM address a WHERE a.email_key = $1::bytea AND a.vault IS NOT NULL
UNION SELECT r.record FROM person_key k JOIN person_record r USING (person) WHERE k.hash = $1::bytea
 LIMIT 50
