DELETE FROM certificate
 WHERE request = ANY (ARRAY(SELECT request FROM certificate WHERE created_at < $1::timestamptz LIMIT 1000))
