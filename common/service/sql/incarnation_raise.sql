UPDATE incarnation SET value = value + 1 RETURNING value
