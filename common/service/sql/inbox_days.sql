SELECT inbox_days($1::int4)
