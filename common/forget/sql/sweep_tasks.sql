DELETE FROM forget_task
 WHERE next_at IS NULL AND state = ANY ($1::int4[]) AND changed_at < now() - interval '60 days'
