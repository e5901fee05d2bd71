-- What a forget took out of activities, counted for its certificate.
SELECT (SELECT count(*) FROM forget_gone WHERE request = $1::uuid AND kind = 2), -- GONE_CONTENT
       count(*) FILTER (WHERE outcome = 2),                                      -- SHARED_ERASED
       count(*) FILTER (WHERE outcome = 1),                                      -- SHARED_REWRITTEN
       count(*) FILTER (WHERE outcome < 2),
       (SELECT count(*) FROM forget_gone WHERE request = $1::uuid AND kind = 1)  -- GONE_PART
  FROM shared_text
 WHERE request = $1::uuid
