UPDATE backup
   SET complete = complete OR (contents = 'manifest' AND $2::bool), by_phone = by_phone OR (contents = 'manifest' AND $3::bool),
       rev = next_revision(rev)
 WHERE backup = $1::uuid
RETURNING contents
