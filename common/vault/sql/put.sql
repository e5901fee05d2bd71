SELECT vault.put_v1($1::uuid[], $2::uuid[], $3::int4[], $4::bytea[], $5::timestamptz[])
