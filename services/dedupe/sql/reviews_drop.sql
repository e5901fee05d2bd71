DELETE FROM review WHERE review = ANY ($1::uuid[])
