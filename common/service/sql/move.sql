SELECT koff_move($1::text[], $2::int4[], $3::int8[], $4::int8[], $5::int8[])
