-- Told, but no answer yet: asked again if none comes.
UPDATE task
   SET sent_at = $2::timestamptz,
       next_attempt_at = $2::timestamptz
                         + least(interval '10 seconds' * power(2, least(attempts, 10)), interval '1 hour')
                         * (0.5 + random() / 2)
 WHERE id = ANY ($1::uuid[]) AND status = 'running'
