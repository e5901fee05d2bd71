INSERT INTO backup (backup, rev, name, holder, kind, contents, system, taken_at, expires_at, place, keyring, kek_epoch,
                    ledger)
VALUES ($1::uuid, next_revision(NULL), $2::text, $3::text, $4::text, $5::text, $6::text, $7::timestamptz,
        $8::timestamptz, $9::text, $10::bool, $11::int8, $12::int8)
ON CONFLICT (backup) DO NOTHING
RETURNING rev
