SELECT state, proof FROM keyring.epoch_v1($1::int4)
