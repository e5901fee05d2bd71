INSERT INTO keyring.kek (epoch, state, proof) VALUES ($1::int4, 'current', $2::bytea) ON CONFLICT DO NOTHING
