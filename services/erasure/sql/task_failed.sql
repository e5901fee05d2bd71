-- Those that were tried in vain, and those of the same holder that therefore weren't tried at all.
UPDATE task
   SET attempts = CASE WHEN id = ANY ($3::uuid[]) THEN greatest(attempts - 1, 0) ELSE attempts END,
       next_attempt_at = $2::timestamptz
                         + least(interval '1 second' * power(2, least(greatest(attempts - 1, 0), 12)), interval '1 hour')
                         * (0.5 + random() / 2)
 WHERE (id = ANY ($1::uuid[]) OR id = ANY ($3::uuid[])) AND status = 'running'
