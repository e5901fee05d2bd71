SELECT 1 FROM forget_task WHERE request = $1::uuid
