-- A day later nothing of it is left; the mails' contents are given up.
WITH asks AS (DELETE FROM data_ask WHERE at < $1::timestamptz - interval '1 day' AND answered_at IS NOT NULL)
DELETE FROM data_token WHERE expires_at <= $1::timestamptz RETURNING content
