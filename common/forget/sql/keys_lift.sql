DELETE FROM tombstone_key WHERE request = $1::uuid AND NOT standing
