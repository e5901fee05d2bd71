SELECT part_id, activity_id, role::int4, staff, record_id, source_key, email_key, email_wide_key, role_mailbox
  FROM part WHERE activity_id = ANY ($1::uuid[])
 ORDER BY activity_id, part_id
