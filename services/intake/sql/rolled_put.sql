INSERT INTO rolled AS r (part, next) SELECT u.part, u.next FROM unnest($1::int4[], $2::int8[]) AS u(part, next)
 ORDER BY 1
    ON CONFLICT (part) DO UPDATE SET next = greatest(r.next, excluded.next)
