-- The first two eyes.
UPDATE source SET looked_by = $2::uuid WHERE name = $1::text
