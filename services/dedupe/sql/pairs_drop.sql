DELETE FROM pair AS p USING unnest($1::uuid[], $2::uuid[]) AS d(a, b) WHERE p.a = d.a AND p.b = d.b
