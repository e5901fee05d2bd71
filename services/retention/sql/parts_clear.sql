-- The parts of these activities that their newest revision doesn't have, and all of their keys.
WITH stale AS (SELECT part FROM part WHERE activity = ANY ($1::uuid[])),
     keys AS (DELETE FROM part_key USING stale WHERE part_key.part = stale.part)
DELETE FROM part USING stale WHERE part.part = stale.part AND NOT part.part = ANY ($2::uuid[])
