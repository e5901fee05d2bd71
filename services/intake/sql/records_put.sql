SELECT vault.records_put_v1($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[],
                            $8::text[], $9::text[], $10::int4[], $11::int8[], $12::int8[], $13::int8[], $14::int4[],
                            $15::timestamptz[], $16::int8[], $17::timestamptz, $18::int8[])
