INSERT INTO restriction (record, request)
SELECT record, request FROM unnest($1::uuid[], $2::uuid[]) AS r(record, request)
ON CONFLICT DO NOTHING
