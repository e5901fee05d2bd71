INSERT INTO source_group (source, root)
SELECT source, root FROM unnest($1::bytea[], $2::uuid[]) AS s(source, root) ORDER BY source
ON CONFLICT (source) DO UPDATE SET root = excluded.root WHERE source_group.root <> excluded.root
