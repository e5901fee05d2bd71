-- Addresses that are known by a refusal alone: the keyed hash honours it; requests that led to nothing, and the address
-- itself, go.
WITH sources AS (DELETE FROM address_source WHERE address = ANY ($1::uuid[]) AND item),
states AS (DELETE FROM state WHERE address = ANY ($1::uuid[]) AND state IN (0, 6)),
bare AS (
    UPDATE address a
       SET idle_at = NULL,
           vault = CASE WHEN EXISTS (SELECT FROM address_source s WHERE s.vault = a.vault AND NOT s.item) THEN a.vault END
     WHERE a.id = ANY ($1::uuid[]))
SELECT ledger_erase(ARRAY(SELECT l.position FROM ledger l WHERE l.address = ANY ($1::uuid[]) AND l.act IN (0, 6)))
