SELECT subject FROM certificate WHERE request = $1::uuid
