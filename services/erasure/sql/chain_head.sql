SELECT seq, hash FROM certificate_chain ORDER BY seq DESC LIMIT 1
