SELECT number, place, hash, beat FROM ledger_mark
