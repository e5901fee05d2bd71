DELETE FROM mail
 WHERE mail IN (SELECT mail FROM mail
                 WHERE next_at IS NULL AND state <> 1 AND (kind = 1) = $1::bool AND changed_at < $2::timestamptz
                 ORDER BY changed_at
                 LIMIT $3::int4
                   FOR UPDATE SKIP LOCKED)
