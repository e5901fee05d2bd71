-- All of the groups that these source ids are in.
SELECT source, root FROM source_group
 WHERE root IN (SELECT g.root FROM source_group AS g WHERE g.source = ANY ($1::bytea[]))
