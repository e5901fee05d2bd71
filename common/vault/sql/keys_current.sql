SELECT epoch, proof, oldest FROM keyring.current_v1()
