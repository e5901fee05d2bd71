-- Addresses that are known by a refusal alone: the keyed hash honours it; requests that led to nothing, and the address
-- itself, go.
WITH notes AS (
    SELECT ledger_erase(ARRAY(SELECT l.position FROM ledger l
                               WHERE l.address = ANY ($1::uuid[]) AND l.act IN (0, 6))) AS n),
sources AS (DELETE FROM address_source WHERE address = ANY ($1::uuid[]) AND item),
states AS (DELETE FROM state WHERE address = ANY ($1::uuid[]) AND state IN (0, 6)),
bare AS (UPDATE address a SET vault = NULL, idle_at = NULL
          WHERE a.id = ANY ($1::uuid[])
            AND NOT EXISTS (SELECT FROM address_source s WHERE s.vault = a.vault AND NOT s.item))
UPDATE address a SET idle_at = NULL
  FROM notes
 WHERE a.id = ANY ($1::uuid[]) AND EXISTS (SELECT FROM address_source s WHERE s.vault = a.vault AND NOT s.item)
