SELECT text FROM policy_row WHERE version = $1::int8
