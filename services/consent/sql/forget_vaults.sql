SELECT l.evidence FROM ledger l
 WHERE l.evidence IS NOT NULL AND l.evidence <> ALL ($2::uuid[])
   AND (l.address = ANY ($1::uuid[]) OR l.record = ANY ($2::uuid[])
        OR (NOT $5::bool AND (l.subject_key = ANY ($4::bytea[])
                              OR (l.address IS NULL AND l.person = ANY ($3::uuid[])))))
   AND NOT EXISTS (SELECT FROM address_source s WHERE s.vault = l.evidence AND NOT s.item)
UNION SELECT s.vault FROM address_source s WHERE s.address = ANY ($1::uuid[]) AND s.item
UNION SELECT t.content FROM confirm_token t WHERE t.address = ANY ($1::uuid[])
UNION SELECT t.content FROM data_token t
       WHERE (NOT $5::bool AND t.email_key = ANY ($4::bytea[])) OR t.vault = ANY ($2::uuid[]) OR t.person = ANY ($3::uuid[])
UNION SELECT d.vault FROM doomed d
       WHERE d.record = ANY ($2::uuid[]) OR (NOT $5::bool AND d.email_key = ANY ($4::bytea[]))
