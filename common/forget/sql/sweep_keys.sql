DELETE FROM tombstone_key WHERE until <= now()
