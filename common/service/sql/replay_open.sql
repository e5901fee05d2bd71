SELECT count(*) FROM ledger_replay WHERE done_at IS NULL
