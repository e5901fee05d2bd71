SELECT contents FROM backup WHERE backup = $1::uuid
