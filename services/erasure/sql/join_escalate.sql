UPDATE late_join SET escalation = $2::int4 WHERE id = $1::uuid
