WITH gone AS (DELETE FROM manifest WHERE key = ANY ($1::bytea[]) RETURNING backup),
     counted AS (UPDATE backup AS b SET entries = b.entries - g.n
                   FROM (SELECT backup, count(*) AS n FROM gone GROUP BY 1) AS g
                  WHERE b.backup = g.backup)
SELECT count(*) FROM gone
