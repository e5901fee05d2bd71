SELECT f.n, f.sealed FROM vault.records_find_v1($1::bytea[], $2::boolean[]) AS f
