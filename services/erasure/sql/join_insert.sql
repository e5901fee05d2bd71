INSERT INTO late_join (id, holder, asked, covered, at) VALUES ($1::uuid, $2::uuid, $3::int4, $4::int4, $5::timestamptz)
