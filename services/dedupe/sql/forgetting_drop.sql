WITH freed AS (DELETE FROM restriction WHERE request = $1::uuid)
DELETE FROM forgetting WHERE request = $1::uuid
