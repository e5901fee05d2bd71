SELECT DISTINCT ON (k.n) k.n::int4, t.standing, t.request, t.received_at, t.barrier
  FROM unnest($1::int4[], $2::bytea[]) WITH ORDINALITY AS k(kind, hash, n)
  JOIN tombstone_key AS t ON t.hash = k.hash AND t.kind = k.kind
 WHERE t.until > now()
 ORDER BY k.n, t.received_at DESC, t.standing
