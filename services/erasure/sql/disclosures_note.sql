INSERT INTO disclosure (request, holder, categories, at)
SELECT t.request, h.id, h.categories, $2::timestamptz
  FROM task AS t JOIN holder AS h ON h.id = t.holder
 WHERE t.request = $1::uuid
ON CONFLICT DO NOTHING
