SELECT body, signature, signer FROM certificate WHERE request = $1::uuid
