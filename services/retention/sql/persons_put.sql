INSERT INTO person AS p (person, rev, ended)
SELECT * FROM unnest($1::uuid[], $2::int8[], $3::bool[])
ON CONFLICT (person) DO UPDATE SET rev = excluded.rev, ended = excluded.ended WHERE excluded.rev > p.rev
RETURNING person
