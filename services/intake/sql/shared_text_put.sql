-- What became of the contents that stay for others. A request that runs again only ever takes more out. Where texts are
-- erased, nothing of an earlier forget's is left to judge.
WITH u AS (SELECT * FROM unnest($2::uuid[], $3::int4[]) AS u(activity, outcome)),
     judged AS (UPDATE shared_text AS s SET judged_at = now()
                  FROM u WHERE s.activity = u.activity AND u.outcome = 2 AND s.outcome < 2 AND s.request <> $1::uuid)
INSERT INTO shared_text AS s (request, activity, outcome)
SELECT $1::uuid, u.activity, u.outcome FROM u
    ON CONFLICT (request, activity) DO UPDATE SET outcome = greatest(s.outcome, excluded.outcome)
