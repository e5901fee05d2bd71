SELECT t.id FROM task AS t WHERE t.holder = $1::uuid AND t.request = $2::uuid
