SELECT id, at, type, data FROM ledger_out ORDER BY at, id LIMIT $1::int4
