SELECT k.key, k.record FROM unnest($1::uuid[]) AS r(record) JOIN block_key AS k ON k.record = r.record
