SELECT l.evidence FROM ledger l
 WHERE l.address = ANY ($1::uuid[]) AND l.evidence IS NOT NULL AND l.evidence IS DISTINCT FROM l.record
   AND NOT EXISTS (SELECT FROM address_source s WHERE s.vault = l.evidence AND NOT s.item)
UNION SELECT s.vault FROM address_source s WHERE s.address = ANY ($1::uuid[]) AND s.item
UNION SELECT t.content FROM confirm_token t WHERE t.address = ANY ($1::uuid[])
