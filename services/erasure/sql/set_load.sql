SELECT persons, records, activities, parts, key_kinds, key_hashes FROM request_set WHERE request = $1::uuid
