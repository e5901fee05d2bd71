SELECT (SELECT count(*) FROM record WHERE computed < $1::int8) + (SELECT count(*) FROM activity WHERE computed < $1::int8)
