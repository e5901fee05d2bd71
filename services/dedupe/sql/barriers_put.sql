INSERT INTO barrier_seen (barrier, part, partitions, requests)
VALUES ($1::uuid, $2::int4, $3::int4, $4::uuid[]) ON CONFLICT DO NOTHING
