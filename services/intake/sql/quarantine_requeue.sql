UPDATE quarantine SET requeue = true WHERE request = $1::uuid
