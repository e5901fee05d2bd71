DELETE FROM ledger_out WHERE id = ANY ($1::uuid[])
