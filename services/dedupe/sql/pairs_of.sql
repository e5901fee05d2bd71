SELECT p.a, p.b, p.apart FROM unnest($1::uuid[]) AS r(record) JOIN pair AS p ON p.a = r.record
UNION
SELECT p.a, p.b, p.apart FROM unnest($1::uuid[]) AS r(record) JOIN pair AS p ON p.b = r.record
