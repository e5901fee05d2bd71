SELECT (SELECT count(*) FROM ledger l
         WHERE l.address = ANY ($1::uuid[]) OR l.record = ANY ($2::uuid[])
            OR (NOT $5::bool AND (l.subject_key = ANY ($4::bytea[])
                                  OR (l.address IS NULL AND l.person = ANY ($3::uuid[])))))
     + cardinality($1::uuid[])
     + (SELECT count(*) FROM ledger_head h
         WHERE h.chain IN (SELECT uuid_send(t.id) FROM unnest($1::uuid[] || $2::uuid[]) AS t(id)) OR h.chain = ANY ($4::bytea[]))
     + (SELECT count(*) FROM address_source WHERE vault = ANY ($2::uuid[]))
     + (SELECT count(*) FROM address WHERE vault = ANY ($2::uuid[]))
     + (SELECT count(*) FROM refusal
         WHERE (scope = 1 AND NOT $5::bool AND subject = ANY ($4::bytea[]))
            OR (scope = 2 AND subject IN (SELECT uuid_send(t.id) FROM unnest($2::uuid[]) AS t(id)))
            OR (scope = 3 AND subject IN (SELECT uuid_send(t.id) FROM unnest($3::uuid[]) AS t(id))))
     + (SELECT count(*) FROM person_record WHERE record = ANY ($2::uuid[]))
     + (SELECT count(*) FROM person_key WHERE NOT $5::bool AND hash = ANY ($4::bytea[]))
     + (SELECT count(*) FROM ledger WHERE NOT $5::bool AND person = ANY ($3::uuid[]))
     + (SELECT count(*) FROM doomed WHERE record = ANY ($2::uuid[]) OR (NOT $5::bool AND email_key = ANY ($4::bytea[])))
     + (SELECT count(*) FROM data_ask WHERE NOT $5::bool AND email_key = ANY ($4::bytea[]))
     + (SELECT count(*) FROM data_token
         WHERE (NOT $5::bool AND email_key = ANY ($4::bytea[])) OR vault = ANY ($2::uuid[]) OR person = ANY ($3::uuid[]))
     + (SELECT count(*) FROM person_heir
         WHERE NOT $5::bool AND (person = ANY ($3::uuid[]) OR heir = ANY ($3::uuid[])))
     + (SELECT count(*) FROM person WHERE id = ANY ($3::uuid[]))
