UPDATE incarnation SET value = value + 1, suspected = NULL RETURNING value
