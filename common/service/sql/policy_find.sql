SELECT max(version) FROM policy_row WHERE digest = $1::bytea
