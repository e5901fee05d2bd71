WITH locked AS (SELECT r.record FROM record AS r WHERE r.record = ANY ($1::uuid[]) AND r.by_last_use
                 ORDER BY r.record FOR UPDATE)
UPDATE record AS r SET computed = 0 FROM locked WHERE r.record = locked.record
