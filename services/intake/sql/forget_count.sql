SELECT (SELECT count(*) FROM vault.records_match_v1($1::uuid[], $4::bytea[], $5::bytea[], '{}'::bytea[]))
     + (SELECT count(*) FROM part AS p
         WHERE p.part_id = ANY ($3::uuid[]) OR p.activity_id = ANY ($2::uuid[])
            OR (NOT p.staff AND (p.record_id = ANY ($1::uuid[]) OR p.source_key = ANY ($4::bytea[])
                                 OR p.email_key = ANY ($5::bytea[]))))
     + (SELECT count(*) FROM activity AS a WHERE a.activity_id = ANY ($2::uuid[]))
     + (SELECT count(*) FROM quarantine AS q WHERE q.keys && ($4::bytea[] || $5::bytea[]))
     + vault.count_v1($6::uuid[])
