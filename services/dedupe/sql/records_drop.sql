WITH gone AS (SELECT unnest($1::uuid[]) AS record),
     pairs AS (DELETE FROM pair USING gone WHERE a = gone.record OR b = gone.record),
     reviews AS (DELETE FROM review USING gone WHERE a = gone.record OR b = gone.record),
     restrictions AS (DELETE FROM restriction USING gone WHERE restriction.record = gone.record)
DELETE FROM record USING gone WHERE record.record = gone.record
