-- Persons as they are called now: itself, or the one that it was merged into.
SELECT DISTINCT coalesce(into_person, person) FROM person WHERE person = ANY ($1::uuid[])
