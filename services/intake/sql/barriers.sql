SELECT u.n::int4 FROM unnest($1::uuid[], $2::int4[]) WITH ORDINALITY AS u(barrier, part, n)
  JOIN barrier_seen AS b ON b.barrier = u.barrier AND b.part = u.part
