SELECT r.n::int4, t.state FROM unnest($1::uuid[]) WITH ORDINALITY AS r(request, n) JOIN forget_task AS t USING (request)
