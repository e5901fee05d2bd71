SELECT id FROM quarantine WHERE keys && $1::bytea[]
