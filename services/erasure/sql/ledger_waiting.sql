SELECT count(*) FROM ledger_out WHERE id = $1::uuid
