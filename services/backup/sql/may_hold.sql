SELECT backup, kind, contents, keyring, taken_at, expires_at
FROM backup b
WHERE gone_at IS NULL AND taken_at <= $1::timestamptz
  AND (contents <> 'manifest'
       OR EXISTS (SELECT 1 FROM manifest m WHERE m.backup = b.backup AND m.key = ANY ($2::bytea[])))
ORDER BY backup
