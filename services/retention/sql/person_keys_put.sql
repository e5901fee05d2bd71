INSERT INTO person_key (hash, person) SELECT * FROM unnest($1::bytea[], $2::uuid[]) ON CONFLICT DO NOTHING
