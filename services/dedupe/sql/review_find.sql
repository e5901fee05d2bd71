SELECT a, b FROM review WHERE review = $1::uuid
