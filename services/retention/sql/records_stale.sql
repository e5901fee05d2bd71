-- A page of records whose clock isn't computed by this policy, locked. What their clocks hang on is read by the next
-- statement: this one's snapshot may be older than what somebody committed to a row before it was locked here.
SELECT record
  FROM record
 WHERE computed < $1::int8
 LIMIT $2::int4
   FOR UPDATE SKIP LOCKED
