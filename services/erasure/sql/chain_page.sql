SELECT seq, hash, created_at FROM certificate_chain WHERE seq > $1::int8 ORDER BY seq LIMIT 1000
