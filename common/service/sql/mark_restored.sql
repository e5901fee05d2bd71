UPDATE ledger_mark SET restored_at = now()
