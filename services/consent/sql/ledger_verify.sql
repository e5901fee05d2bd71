-- A page of chains: how many, how many of them don't fold to their seals, and where it ended.
SELECT count(*), count(*) FILTER (WHERE NOT whole), (array_agg(chain ORDER BY chain DESC))[1]
  FROM ledger_verify($1::bytea, $2::int4)
