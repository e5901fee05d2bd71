SELECT id FROM forget_gone WHERE request = $1::uuid
