DELETE FROM proposal WHERE digest = $1::bytea
