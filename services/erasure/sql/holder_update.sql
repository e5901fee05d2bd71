UPDATE holder
   SET state = coalesce($2::text, state), system = coalesce($3::text, system), url = coalesce($4::text, url),
       identifiers = coalesce($5::text[], identifiers), contact = coalesce($6::text, contact),
       categories = coalesce($7::text[], categories), sealing_key = coalesce($8::bytea, sealing_key),
       signing_key = coalesce($9::bytea, signing_key), hmac = coalesce($10::uuid, hmac), rev = rev + 1,
       past_at = CASE coalesce($2::text, state) WHEN 'past' THEN coalesce(past_at, $11::timestamptz) END
 WHERE id = $1::uuid
