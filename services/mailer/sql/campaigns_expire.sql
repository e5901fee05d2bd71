DELETE FROM campaign
 WHERE campaign IN (SELECT c.campaign FROM campaign AS c
                     WHERE c.at < $1::timestamptz AND c.laid_out >= cardinality(c.records)
                       AND NOT EXISTS (SELECT FROM mail AS m WHERE m.campaign = c.campaign)
                     LIMIT $2::int4
                       FOR UPDATE SKIP LOCKED)
RETURNING content
