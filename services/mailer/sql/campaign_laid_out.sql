-- A forget may have shortened the list since the page was read: only what is left of the page counts.
UPDATE campaign AS c
   SET laid_out = c.laid_out + (SELECT count(*)
                                  FROM unnest(c.records[c.laid_out + 1 : c.laid_out + cardinality($2::uuid[])]) AS r (record)
                                 WHERE r.record = ANY ($2::uuid[]))
 WHERE c.campaign = $1::uuid
