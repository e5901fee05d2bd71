WITH begun AS (
    INSERT INTO attempt (mail, n, began_at)
    SELECT i.mail, i.n, $4::timestamptz FROM unnest($1::uuid[], $2::int4[]) AS i (mail, n))
UPDATE mail SET state = 1, next_at = NULL, sender = $3::text, attempts = attempts + 1, changed_at = now()
 WHERE mail = ANY ($1::uuid[])
