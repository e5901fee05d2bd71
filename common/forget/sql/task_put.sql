INSERT INTO forget_task (request, state, verify, expiry, persons, records, activities, parts, key_kinds, key_hashes,
                         next_at)
VALUES ($1::uuid, $2::int4, $3::bool, $4::bool, $5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[], $9::bytea,
        $10::bytea[], CASE WHEN $11::bool THEN clock_timestamp() END)
ON CONFLICT (request) DO UPDATE
   SET state = excluded.state, verify = excluded.verify, expiry = excluded.expiry, persons = excluded.persons,
       records = excluded.records, activities = excluded.activities, parts = excluded.parts,
       key_kinds = excluded.key_kinds, key_hashes = excluded.key_hashes, next_at = excluded.next_at, attempts = 0,
       ordered_by = pg_current_xact_id(), ordered_at = clock_timestamp(), changed_at = clock_timestamp()
