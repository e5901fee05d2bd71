WITH hit AS (
    SELECT p.part_id, p.activity_id FROM part AS p
     WHERE p.part_id = ANY ($1::uuid[]) OR p.activity_id = ANY ($2::uuid[])
        OR (NOT p.staff AND (p.record_id = ANY ($3::uuid[]) OR p.source_key = ANY ($4::bytea[])
                             OR p.email_key = ANY ($5::bytea[]))))
SELECT h.part_id, a.activity_id, a.content_id
  FROM (SELECT * FROM activity WHERE activity_id = ANY (ARRAY(SELECT activity_id FROM hit))) AS a
  JOIN hit AS h USING (activity_id)
UNION ALL
SELECT NULL, a.activity_id, a.content_id FROM activity AS a WHERE a.activity_id = ANY ($2::uuid[])
