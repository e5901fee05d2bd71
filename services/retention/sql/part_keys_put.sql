INSERT INTO part_key (hash, part) SELECT * FROM unnest($1::bytea[], $2::uuid[]) ON CONFLICT DO NOTHING
