INSERT INTO doomed_key (id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING
