INSERT INTO request_set (request, persons, records, activities, parts, key_kinds, key_hashes)
VALUES ($1::uuid, $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::bytea, $7::bytea[])
ON CONFLICT (request) DO UPDATE
   SET persons = excluded.persons, records = excluded.records, activities = excluded.activities, parts = excluded.parts,
       key_kinds = excluded.key_kinds, key_hashes = excluded.key_hashes
