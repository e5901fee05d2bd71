SELECT campaign, purpose, content, by, at, laid_out, records[laid_out + 1 : laid_out + $1::int4]
FROM campaign
WHERE laid_out < cardinality(records)
ORDER BY at
LIMIT 1
FOR UPDATE SKIP LOCKED
