UPDATE mail SET state = $2::int4, why = $3::text, next_at = $4::timestamptz, position = coalesce($5::int8, position),
       ground = coalesce($6::text, ground), sender = NULL, unknowns = unknowns + ($3::text IS NOT DISTINCT FROM 'outcome-unknown')::int4,
       rev = next_revision(rev), changed_at = now()
WHERE mail = $1::uuid
RETURNING rev
