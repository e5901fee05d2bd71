INSERT INTO keyring.kek (epoch, state, proof) VALUES (1, 'current', $1::bytea) ON CONFLICT DO NOTHING
