WITH ledger_gone AS (
    SELECT ledger_erase(ARRAY(SELECT l.position FROM ledger l WHERE l.address = ANY ($1::uuid[]))) AS n),
gone AS (
    DELETE FROM address a WHERE a.id = ANY ($1::uuid[]) RETURNING a.id)
SELECT (SELECT n FROM ledger_gone) + (SELECT count(*) FROM gone)
