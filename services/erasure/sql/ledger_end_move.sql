UPDATE ledger_end SET number = $1::int8, place = $2::int8, hash = $3::bytea
