UPDATE holder SET failures = 0, quiet_until = '-infinity', last_seen = $2::timestamptz
 WHERE id = $1::uuid AND (failures > 0 OR last_seen IS NULL OR last_seen < $2::timestamptz - interval '1 second')
