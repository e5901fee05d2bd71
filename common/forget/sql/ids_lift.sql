DELETE FROM tombstone_id WHERE request = $1::uuid AND NOT standing
