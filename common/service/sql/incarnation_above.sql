UPDATE incarnation SET value = greatest(value, $1::int8) + 1, suspected = NULL RETURNING value
