WITH a AS (SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS a(id, expiry)),
     records AS (UPDATE record AS r SET announced_at = $3::timestamptz, expiry = a.expiry FROM a WHERE r.record = a.id),
     parts AS (UPDATE part AS p SET announced_at = $3::timestamptz, expiry = a.expiry FROM a WHERE p.part = a.id)
UPDATE activity AS v SET announced_at = $3::timestamptz, expiry = a.expiry FROM a WHERE v.activity = a.id
