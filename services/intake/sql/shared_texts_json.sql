-- What waits to be judged, the oldest first; what a later forget or a judgement has erased doesn't wait.
SELECT coalesce(json_agg(t), '[]')::text
  FROM (SELECT s.activity AS id, a.system, a.category, json_agg(s.request ORDER BY s.request) AS requests,
               to_char(min(s.at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
          FROM shared_text AS s JOIN activity AS a ON a.activity_id = s.activity
         WHERE s.judged_at IS NULL AND s.outcome < 2
         GROUP BY s.activity, a.system, a.category
         ORDER BY min(s.at), s.activity
         LIMIT 200) AS t
