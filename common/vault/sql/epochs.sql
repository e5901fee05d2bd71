SELECT epoch, state, created_at, rotate_at, destroy_by, retired_at, emptied_at, escrowed_at, ack, escrow_ack,
       destroyed_at, keys
  FROM keyring.epochs_v1()
