SELECT next, epoch FROM koff_take($1::text, $2::int4, $3::text)
