DELETE FROM match_key AS m USING unnest($1::bytea[], $2::uuid[]) AS d(hash, record)
 WHERE m.hash = d.hash AND m.record = d.record
