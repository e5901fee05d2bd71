INSERT INTO person_heir AS h (person, heir, position)
VALUES ($1::uuid, $2::uuid, CASE WHEN $3::bool THEN (SELECT coalesce(max(position), 0) FROM ledger) END)
    ON CONFLICT (person, heir) DO UPDATE SET position = NULL WHERE excluded.position IS NULL
