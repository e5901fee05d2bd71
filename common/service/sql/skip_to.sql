UPDATE koff SET next = $4::int8 WHERE topic = $1::text AND part = $2::int4 AND epoch = $3::int8
