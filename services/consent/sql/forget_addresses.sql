SELECT a.id FROM address a
 WHERE NOT $3::bool AND (a.email_key = ANY ($1::bytea[]) OR a.wide_key = ANY ($1::bytea[]))
UNION
SELECT s.address FROM address_source s
 WHERE s.vault = ANY ($2::uuid[])
   AND NOT EXISTS (SELECT FROM address_source o WHERE o.address = s.address AND o.vault <> ALL ($2::uuid[]))
