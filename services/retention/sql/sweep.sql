WITH persons AS (DELETE FROM person WHERE ended AND NOT EXISTS (SELECT FROM member AS m WHERE m.person = person.person))
DELETE FROM ended WHERE at < clock_timestamp() - interval '40 days'
