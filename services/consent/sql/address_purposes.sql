SELECT purpose, max(language) FROM state WHERE address = $1::uuid AND channel = $2::text AND purpose <> '' GROUP BY purpose
