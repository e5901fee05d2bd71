INSERT INTO tombstone_key (kind, hash, request, received_at, barrier, standing, until)
SELECT DISTINCT k.kind, k.hash, $3::uuid, $4::timestamptz, $5::uuid, $6::bool, $7::timestamptz
  FROM unnest($1::int4[], $2::bytea[]) AS k(kind, hash)
ON CONFLICT (hash, kind, request) DO UPDATE
   SET standing = tombstone_key.standing OR excluded.standing,
       barrier = coalesce(excluded.barrier, tombstone_key.barrier)
