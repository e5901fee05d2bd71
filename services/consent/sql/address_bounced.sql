-- An address that is known by its bounce alone is kept for as long as that stops mails ($4).
INSERT INTO address AS a (id, email_key, created_at, bounced_at, idle_at)
VALUES ($3::uuid, $1::bytea, now(), $2::timestamptz, $4::timestamptz)
    ON CONFLICT (email_key) DO UPDATE
   SET bounced_at = greatest(a.bounced_at, excluded.bounced_at)
 WHERE NOT EXISTS (SELECT FROM state s WHERE s.address = a.id AND s.state = 1 AND s.at >= excluded.bounced_at)
