SELECT count(*)::int8, count(*) FILTER (WHERE system IS NOT NULL)::int8,
       count(*) FILTER (WHERE 'email' = ANY (identifiers) AND state = 'active')::int8
  FROM holder
