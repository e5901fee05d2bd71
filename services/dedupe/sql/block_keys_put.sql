INSERT INTO block_key (key, record) SELECT * FROM unnest($1::int8[], $2::uuid[])
ON CONFLICT DO NOTHING
