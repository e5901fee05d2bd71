UPDATE weighing SET records = (SELECT count(*) FROM record WHERE record <= until) WHERE pass = $1::int8
