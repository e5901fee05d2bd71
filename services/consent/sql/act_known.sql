SELECT EXISTS (SELECT FROM ledger WHERE act_id = $1::uuid)
