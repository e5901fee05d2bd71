INSERT INTO generic_key (hash) SELECT unnest($1::bytea[]) ON CONFLICT DO NOTHING
