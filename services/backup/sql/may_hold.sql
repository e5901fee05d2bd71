-- A manifest tells who is in a copy once it is whole; one that names phones never does, since the set of a forget holds
-- what is the person's alone. One look into all manifests at once, however many there are.
WITH named AS MATERIALIZED (SELECT DISTINCT backup FROM manifest WHERE key = ANY ($2::bytea[]))
SELECT backup, kind, contents, keyring, taken_at, expires_at
  FROM backup AS b
 WHERE gone_at IS NULL AND taken_at <= $1::timestamptz
   AND (contents <> 'manifest' OR NOT complete OR by_phone OR backup IN (SELECT n.backup FROM named AS n))
 ORDER BY backup
