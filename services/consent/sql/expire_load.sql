-- After their addresses are locked: whoever pressed the button meanwhile has confirmed.
SELECT t.hash, t.address, t.channel, t.purpose, t.content, t.used_at IS NOT NULL,
       s.state = 0 AND NOT EXISTS (SELECT FROM confirm_token o
                                    WHERE o.address = t.address AND o.channel = t.channel AND o.purpose = t.purpose
                                      AND o.expires_at > $2::timestamptz),
       s.statement, s.language, a.email_key
  FROM confirm_token t
  JOIN address a ON a.id = t.address
  LEFT JOIN state s ON s.address = t.address AND s.channel = t.channel AND s.purpose = t.purpose
 WHERE t.hash = ANY ($1::bytea[])
 ORDER BY t.expires_at
