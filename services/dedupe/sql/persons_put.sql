INSERT INTO person (person, rev, restricted)
SELECT * FROM unnest($1::uuid[], $2::int8[], $3::bool[])
ON CONFLICT (person) DO UPDATE
   SET rev = excluded.rev, restricted = excluded.restricted, into_person = NULL, ended_at = NULL
