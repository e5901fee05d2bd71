UPDATE weighing SET policy_version = $1::int8, sources = $2::int8
