INSERT INTO tombstone_id (id, request, standing, until)
SELECT DISTINCT i.id, $2::uuid, $3::bool, $4::timestamptz
  FROM unnest($1::uuid[]) AS i(id)
ON CONFLICT (id, request) DO UPDATE SET standing = tombstone_id.standing OR excluded.standing
