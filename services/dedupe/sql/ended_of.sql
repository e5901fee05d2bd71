SELECT record FROM ended_record WHERE record = ANY ($1::uuid[])
