-- What people ask for: expiries and the news of a withdrawal travel as requests, too, but have no term.
SELECT count(*), count(*) FILTER (WHERE due_at <= now() + interval '7 days'), count(*) FILTER (WHERE due_at <= now())
  FROM request WHERE status NOT IN ('completed', 'cancelled') AND kind NOT IN ('expiry', 'consent')
