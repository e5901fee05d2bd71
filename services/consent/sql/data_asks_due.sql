SELECT a.id, a.email_key, a.wide_key, a.shared, a.language, a.at,
       (SELECT count(*) FROM data_token t WHERE t.email_key = a.email_key AND t.created_at > $1::timestamptz - interval '1 hour')
  FROM data_ask a
 WHERE a.answered_at IS NULL
 ORDER BY a.at
 LIMIT $2::int4
   FOR UPDATE SKIP LOCKED
