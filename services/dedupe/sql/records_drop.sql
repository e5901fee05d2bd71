WITH gone AS (SELECT unnest($1::uuid[]) AS record),
     pairs AS (DELETE FROM pair USING gone WHERE a = gone.record OR b = gone.record),
     reviews AS (DELETE FROM review USING gone WHERE a = gone.record OR b = gone.record),
     edges AS (DELETE FROM edge USING gone WHERE a = gone.record OR b = gone.record),
     blocks AS (DELETE FROM block_key USING gone WHERE block_key.record = gone.record),
     restrictions AS (DELETE FROM restriction USING gone WHERE restriction.record = gone.record)
DELETE FROM record USING gone WHERE record.record = gone.record
