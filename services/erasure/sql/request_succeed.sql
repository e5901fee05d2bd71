UPDATE request SET successor = $2::uuid WHERE id = $1::uuid
