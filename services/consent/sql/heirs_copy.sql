-- What $1 refuses, on to all who come after it, in whatever order that was heard: along merges everything, past a split
-- what had been refused when it was heard of.
WITH RECURSIVE line AS (
    SELECT h.heir, coalesce(h.position, 9223372036854775807) AS most FROM person_heir h WHERE h.person = $1::uuid
    UNION
    SELECT h.heir, least(line.most, coalesce(h.position, 9223372036854775807))
      FROM line JOIN person_heir h ON h.person = line.heir
     WHERE h.heir <> $1::uuid),
heir AS (SELECT line.heir, max(line.most) AS most FROM line WHERE line.heir <> $1::uuid GROUP BY line.heir),
copied AS (
    INSERT INTO refusal AS r (scope, subject, channel, purpose, kind, position, at)
    SELECT 3, uuid_send(heir.heir), o.channel, o.purpose, o.kind, o.position, o.at
      FROM refusal o JOIN heir ON o.position <= heir.most
     WHERE o.scope = 3 AND o.subject = uuid_send($1::uuid)
     ORDER BY 2, o.channel, o.purpose, o.kind
        ON CONFLICT (scope, subject, channel, purpose, kind) DO UPDATE
       SET position = greatest(r.position, excluded.position), at = greatest(r.at, excluded.at))
SELECT heir FROM heir ORDER BY heir
