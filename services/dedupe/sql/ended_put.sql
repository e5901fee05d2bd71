INSERT INTO ended_record (record) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING
