SELECT person, rev, restricted FROM person WHERE person = ANY ($1::uuid[])
