UPDATE request
   SET mail_state = $3::text,
       answered_at = CASE WHEN $3::text = 'sent' THEN coalesce(answered_at, $4::timestamptz) ELSE answered_at END,
       rev = rev + CASE WHEN $3::text = 'sent' AND answered_at IS NULL THEN 1 ELSE 0 END
 WHERE id = $1::uuid AND (early_mail = $2::uuid OR final_mail = $2::uuid)
RETURNING status, final_mail = $2::uuid
