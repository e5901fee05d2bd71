INSERT INTO outbox (id, shard, epoch, messages) VALUES ($1::uuid, $2::text, $3::int8, $4::bytea)
