SELECT v.review, v.a, v.b FROM unnest($1::uuid[]) AS r(record) JOIN review AS v ON v.a = r.record
UNION
SELECT v.review, v.a, v.b FROM unnest($1::uuid[]) AS r(record) JOIN review AS v ON v.b = r.record
