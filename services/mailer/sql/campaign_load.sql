SELECT purpose, at, cardinality(records), laid_out FROM campaign WHERE campaign = $1::uuid
