WITH gone AS (DELETE FROM part WHERE activity = ANY ($1::uuid[]) RETURNING part),
     keys AS (DELETE FROM part_key USING gone WHERE part_key.part = gone.part)
DELETE FROM activity WHERE activity = ANY ($1::uuid[])
