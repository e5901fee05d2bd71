INSERT INTO person AS p (id, rev, ended, restricted)
VALUES ($1::uuid, $2::int8, $3::bool, $4::bool)
    ON CONFLICT (id) DO UPDATE
   SET rev = excluded.rev, ended = excluded.ended, restricted = excluded.restricted
 WHERE p.rev < excluded.rev
RETURNING id
