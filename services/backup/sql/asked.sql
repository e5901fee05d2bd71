INSERT INTO asked AS a (request, at) VALUES ($1::uuid, $2::timestamptz)
ON CONFLICT (request) DO UPDATE SET at = a.at
RETURNING at
