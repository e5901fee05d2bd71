SELECT g.hash FROM unnest($1::bytea[]) AS k(hash) JOIN generic_key AS g USING (hash)
