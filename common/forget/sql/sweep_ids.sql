DELETE FROM tombstone_id WHERE until <= now()
