SELECT number, place, hash FROM ledger_end FOR UPDATE
