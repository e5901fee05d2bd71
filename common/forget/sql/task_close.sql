UPDATE forget_task
   SET state = $2::int4, verify = false, next_at = NULL, persons = '{}', records = '{}', activities = '{}',
       parts = '{}', key_kinds = '', key_hashes = '{}', changed_at = clock_timestamp()
 WHERE request = $1::uuid
