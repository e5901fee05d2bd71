SELECT e.id FROM unnest($1::uuid[]) AS i(id) JOIN ended AS e USING (id)
