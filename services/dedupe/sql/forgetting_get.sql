SELECT request, keys, records, persons, closed FROM forgetting WHERE request = ANY ($1::uuid[]) ORDER BY request
