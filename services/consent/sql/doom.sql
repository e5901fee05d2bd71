INSERT INTO doomed (vault, email_key, record, since)
SELECT DISTINCT t.vault, $2::bytea, $3::uuid, $4::timestamptz
  FROM unnest($1::uuid[]) AS t(vault)
 WHERE t.vault IS NOT NULL
   AND NOT EXISTS (SELECT FROM ledger l WHERE l.evidence = t.vault)
   AND NOT EXISTS (SELECT FROM address_source s WHERE s.vault = t.vault)
    ON CONFLICT DO NOTHING
