SELECT keyring.plan_v1($1::int4, $2::timestamptz, $3::timestamptz)
