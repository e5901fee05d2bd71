WITH records AS (DELETE FROM ended_record WHERE at < clock_timestamp() - interval '40 days'),
     barriers AS (DELETE FROM barrier_seen WHERE at < clock_timestamp() - interval '7 days'),
     proposals AS (DELETE FROM proposal WHERE at < clock_timestamp() - interval '30 days')
DELETE FROM person WHERE ended_at < clock_timestamp() - interval '40 days'
