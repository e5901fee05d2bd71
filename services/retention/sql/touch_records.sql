-- A record that was never computed does not know yet whether its clock hangs on the last use: it is locked, too, so that a
-- computation under way, which cannot see this change, is done again.
WITH locked AS (SELECT r.record FROM record AS r WHERE r.record = ANY ($1::uuid[]) AND (r.by_last_use OR r.computed = 0)
                 ORDER BY r.record FOR UPDATE)
UPDATE record AS r SET computed = 0 FROM locked WHERE r.record = locked.record
