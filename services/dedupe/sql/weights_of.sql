SELECT learnt FROM weights WHERE version = $1::int8
