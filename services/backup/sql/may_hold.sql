-- A manifest tells who is in a copy once it is whole; one that names phones never does, since the set of a forget holds
-- what is the person's alone.
SELECT backup, kind, contents, keyring, taken_at, expires_at
FROM backup b
WHERE gone_at IS NULL AND taken_at <= $1::timestamptz
  AND (contents <> 'manifest' OR NOT complete OR by_phone
       OR EXISTS (SELECT 1 FROM manifest m WHERE m.backup = b.backup AND m.key = ANY ($2::bytea[])))
ORDER BY backup
