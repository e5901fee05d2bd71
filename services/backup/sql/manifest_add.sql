-- The hashes of those who were forgotten since the copy was taken aren't kept; how many are they?
WITH given AS (SELECT k FROM unnest($2::bytea[]) AS k),
     gone AS (SELECT DISTINCT g.k
                FROM given AS g
                JOIN tombstone_key AS t ON t.hash = g.k AND t.standing
                JOIN backup AS b ON b.backup = $1::uuid
                LEFT JOIN asked AS a ON a.request = t.request
               WHERE b.taken_at <= coalesce(a.at, now())),
     added AS (INSERT INTO manifest (backup, key)
               SELECT $1::uuid, g.k FROM given AS g WHERE NOT EXISTS (SELECT FROM gone WHERE gone.k = g.k) ORDER BY g.k
               ON CONFLICT DO NOTHING
               RETURNING 1),
     counted AS (UPDATE backup SET entries = entries + (SELECT count(*) FROM added) WHERE backup = $1::uuid)
SELECT count(*) FROM gone
