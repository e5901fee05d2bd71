SELECT current, created_at, rotate_at, destroy_by, escrowed, ending, ending_state, ending_by, ending_escrowed, ack,
       escrow_ack, wanted, paused, reached, rewrapped, unreadable, newest
  FROM keyring.rotation_v1()
