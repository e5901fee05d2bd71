SELECT state, verify, expiry, persons, records, activities, parts, key_kinds, key_hashes, rows_gone, attempts
  FROM forget_task
 WHERE request = $1::uuid
   FOR UPDATE SKIP LOCKED
