SELECT coalesce(max(number), 0)::int4 FROM migration WHERE area = $1::text
