SELECT a, b, apart FROM pair WHERE a = ANY ($1::uuid[])
UNION
SELECT a, b, apart FROM pair WHERE b = ANY ($1::uuid[])
