-- Absent times and numbers come as the epoch and the least number. What a forget has erased meanwhile isn't there.
WITH ended AS (
    UPDATE attempt AS a SET ended_at = $9::timestamptz, result = r.result
      FROM unnest($1::uuid[], $7::int4[], $8::text[]) AS r (mail, n, result)
     WHERE a.mail = r.mail AND a.n = r.n AND r.result IS NOT NULL)
UPDATE mail AS m
   SET state = r.state, why = r.why, next_at = nullif(r.next_at, 'epoch'), position = coalesce(nullif(r.position, -1), m.position),
       ground = coalesce(r.ground, m.ground), sender = NULL,
       unknowns = m.unknowns + (r.why IS NOT DISTINCT FROM 'outcome-unknown')::int4, rev = next_revision(m.rev),
       changed_at = now()
  FROM unnest($1::uuid[], $2::int4[], $3::text[], $4::timestamptz[], $5::int8[], $6::text[])
       AS r (mail, state, why, next_at, position, ground)
 WHERE m.mail = r.mail
RETURNING m.mail, m.rev
