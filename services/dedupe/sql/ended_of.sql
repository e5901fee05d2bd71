SELECT e.record FROM unnest($1::uuid[]) AS i(record) JOIN ended_record AS e USING (record)
