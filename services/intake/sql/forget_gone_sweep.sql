-- What waits to be judged stays while its activity does.
WITH texts AS (DELETE FROM shared_text AS s
                WHERE s.at < now() - interval '90 days'
                  AND (s.outcome = 2 OR s.judged_at IS NOT NULL
                       OR NOT EXISTS (SELECT FROM activity AS a WHERE a.activity_id = s.activity)))
DELETE FROM forget_gone WHERE at < now() - interval '90 days'
