DELETE FROM tombstone_key AS t
 USING unnest($1::int4[], $2::bytea[]) AS k(kind, hash)
 WHERE t.hash = k.hash AND t.kind = k.kind AND t.standing
