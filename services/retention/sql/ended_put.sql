INSERT INTO ended (id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING
