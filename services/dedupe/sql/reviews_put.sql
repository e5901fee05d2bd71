INSERT INTO review (review, a, b)
SELECT review, a, b FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS r(review, a, b)
ON CONFLICT (a, b) DO NOTHING
