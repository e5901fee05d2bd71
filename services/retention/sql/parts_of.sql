SELECT part, activity, role FROM part WHERE activity = ANY ($1::uuid[])
