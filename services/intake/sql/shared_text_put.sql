-- What became of the contents that stay for others. A request that runs again only ever takes more out.
INSERT INTO shared_text AS s (request, activity, outcome)
SELECT $1::uuid, u.activity, u.outcome FROM unnest($2::uuid[], $3::int4[]) AS u(activity, outcome)
    ON CONFLICT (request, activity) DO UPDATE SET outcome = greatest(s.outcome, excluded.outcome)
