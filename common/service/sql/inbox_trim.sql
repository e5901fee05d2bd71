-- A page of what is older than any repeat can be.
DELETE FROM inbox
WHERE ctid = ANY (ARRAY(SELECT ctid FROM inbox WHERE seen_on < current_date - $1::int4 LIMIT $2::int4))
