SELECT ledger_unname($1::uuid[])
