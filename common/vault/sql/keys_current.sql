SELECT epoch, proof FROM keyring.current_v1()
