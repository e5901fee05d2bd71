SELECT EXISTS (SELECT
                 FROM address AS a
                 JOIN state AS s ON s.address = a.id
                WHERE a.email_key = $1::bytea AND s.channel = $2::text AND s.purpose = $3::text AND s.at >= $4::timestamptz)
