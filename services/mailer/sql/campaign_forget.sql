UPDATE campaign
SET records = (SELECT coalesce(array_agg(r.record ORDER BY r.n) FILTER (WHERE r.record <> ALL ($1::uuid[])), '{}')
               FROM unnest(records) WITH ORDINALITY AS r (record, n)),
    laid_out = (SELECT count(*) FROM unnest(records[1 : laid_out]) AS r (record) WHERE r.record <> ALL ($1::uuid[]))
WHERE records && $1::uuid[]
