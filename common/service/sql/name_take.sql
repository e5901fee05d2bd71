SELECT held, pid, backend_start FROM name_take($1::text, $2::bool, $3::int4, $4::timestamptz)
