SELECT max(created_at) FILTER (WHERE open), max(asked_position) FILTER (WHERE open),
       count(*) FILTER (WHERE created_at > $4::timestamptz - interval '1 day')
  FROM (SELECT created_at, asked_position, channel = $2::text AND purpose = $3::text AND used_at IS NULL AS open
          FROM confirm_token
         WHERE address = $1::uuid) t
