SELECT review, a, b FROM review WHERE a = ANY ($1::uuid[])
UNION
SELECT review, a, b FROM review WHERE b = ANY ($1::uuid[])
