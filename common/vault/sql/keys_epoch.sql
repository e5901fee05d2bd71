SELECT state, proof, oldest FROM keyring.epoch_v1($1::int4)
