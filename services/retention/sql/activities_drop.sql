WITH gone AS (DELETE FROM part WHERE activity = ANY ($1::uuid[]) RETURNING part),
     keys AS (DELETE FROM part_key WHERE part = ANY (ARRAY(SELECT gone.part FROM gone)))
DELETE FROM activity WHERE activity = ANY ($1::uuid[])
