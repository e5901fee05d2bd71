SELECT id FROM secret WHERE owner = $1::uuid AND ($2::text[] IS NULL OR what = ANY ($2::text[]))
