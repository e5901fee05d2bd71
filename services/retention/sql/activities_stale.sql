SELECT activity, category, occurred_at, dates FROM activity
 WHERE computed < $1::int8 LIMIT $2::int4 FOR UPDATE SKIP LOCKED
