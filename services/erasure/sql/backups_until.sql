-- The last day of copies that still hold the person in clear, and whether one's day isn't known.
SELECT max(at) FILTER (WHERE outcome = 'gone'), coalesce(bool_or(outcome NOT IN ('gone', 'dark', 'not-held')), false)
  FROM backup_answer WHERE request = $1::uuid
