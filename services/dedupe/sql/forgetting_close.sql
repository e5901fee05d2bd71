UPDATE forgetting SET closed = true WHERE request = $1::uuid
