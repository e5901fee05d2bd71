INSERT INTO record (record, rev, person, component, created_at, system, language, country, role_email, root, keys)
SELECT * FROM unnest($1::uuid[], $2::int8[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[], $7::text[],
                     $8::text[], $9::bytea[], $10::uuid[], $11::bytea[])
ON CONFLICT (record) DO UPDATE
   SET rev = excluded.rev, person = excluded.person, component = excluded.component, created_at = excluded.created_at,
       system = excluded.system, language = excluded.language, country = excluded.country,
       role_email = excluded.role_email, root = excluded.root, keys = excluded.keys
 WHERE record.rev <= excluded.rev
