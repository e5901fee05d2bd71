SELECT count(*), count(*) FILTER (WHERE due_at <= now() + interval '7 days'), count(*) FILTER (WHERE due_at <= now())
  FROM request WHERE status NOT IN ('completed', 'cancelled')
