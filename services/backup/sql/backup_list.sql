SELECT backup, name, holder, kind, contents, system, taken_at, expires_at, place, keyring, kek_epoch, gone_at,
       entries, complete, by_phone, ledger
FROM backup b
WHERE $1::uuid IS NULL OR backup > $1::uuid
ORDER BY backup
LIMIT $2::int4
