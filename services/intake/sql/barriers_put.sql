INSERT INTO barrier_seen (barrier, part)
SELECT u.barrier, u.part FROM unnest($1::uuid[], $2::int4[]) AS u(barrier, part) ORDER BY 1, 2
    ON CONFLICT DO NOTHING
