-- All of the groups that these source ids are in.
SELECT source, root FROM source_group
 WHERE root IN (SELECT g.root FROM unnest($1::bytea[]) AS s(source) JOIN source_group AS g USING (source))
