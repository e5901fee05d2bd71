INSERT INTO part AS p (part_id, activity_id, role, staff, record_id, source_key, email_key, email_wide_key,
                       role_mailbox)
SELECT u.part_id, u.activity_id, u.role, u.staff, u.record_id, u.source_key, u.email_key, u.email_wide_key,
       u.role_mailbox
  FROM unnest($1::uuid[], $2::uuid[], $3::int4[], $4::boolean[], $5::uuid[], $6::bytea[], $7::bytea[], $8::bytea[],
              $9::boolean[])
       AS u(part_id, activity_id, role, staff, record_id, source_key, email_key, email_wide_key, role_mailbox)
 ORDER BY 1
    ON CONFLICT (part_id) DO UPDATE SET record_id = coalesce(excluded.record_id, p.record_id)
