INSERT INTO manifest (backup, key) SELECT $1::uuid, k FROM unnest($2::bytea[]) AS k ORDER BY k ON CONFLICT DO NOTHING
