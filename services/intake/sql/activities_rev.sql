UPDATE activity AS a SET rev = u.rev, updated_at = now()
  FROM unnest($1::uuid[], $2::int8[]) AS u(activity_id, rev) WHERE a.activity_id = u.activity_id
