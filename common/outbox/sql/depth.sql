SELECT count(*), count(*) FILTER (WHERE tries > 0),
       ARRAY (SELECT DISTINCT topic FROM outbox AS o, unnest(o.stuck) AS topic WHERE o.stuck IS NOT NULL)
FROM outbox
