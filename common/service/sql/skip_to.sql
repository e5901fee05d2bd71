WITH moved AS (
    UPDATE koff SET next = $4::int8 WHERE topic = $1::text AND part = $2::int4 AND epoch = $3::int8 RETURNING 1
), said AS (
    UPDATE incarnation SET suspected = coalesce(suspected, now()) WHERE $5::bool AND EXISTS (SELECT FROM moved)
)
SELECT count(*) FROM moved
