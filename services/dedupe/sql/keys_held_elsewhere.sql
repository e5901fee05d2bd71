-- Which of these keys somebody else than these persons holds.
SELECT k.hash
  FROM unnest($1::bytea[]) AS k(hash)
 WHERE EXISTS (SELECT FROM match_key AS m JOIN record AS r ON r.record = m.record
                WHERE m.hash = k.hash AND NOT r.person = ANY ($2::uuid[]))
