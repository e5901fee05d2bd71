UPDATE secret SET owner = $2::uuid WHERE owner = $1::uuid
